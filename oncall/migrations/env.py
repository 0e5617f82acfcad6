"""Alembic's entry: runs our migrations over the application's own engine."""

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel

import oncall.models  # noqa: F401  (fills the metadata)
from oncall.db import engine

_ONE_AT_A_TIME = 0x0CA12

with engine().connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        include_name=lambda name, kind, _: not (kind == "table" and str(name).startswith("procrastinate_")),
    )
    with context.begin_transaction():
        # Nodes that start together on a new version: one migrates, the others wait and find it done.
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_AT_A_TIME})
        context.run_migrations()
