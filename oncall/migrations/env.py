"""Alembic's entry: runs our migrations over the application's own engine."""

from alembic import context
from sqlmodel import SQLModel

import oncall.models  # noqa: F401  (fills the metadata)
from oncall.db import engine

with engine().connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        include_name=lambda name, kind, _: not (kind == "table" and str(name).startswith("procrastinate_")),
    )
    with context.begin_transaction():
        context.run_migrations()
