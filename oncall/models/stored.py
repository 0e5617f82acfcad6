"""How our values lie in columns: enums by value with a CHECK, moments with their zone, ids made by us."""

from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field


def stored(kind: type[StrEnum], **options: Any) -> Any:
    """A column holding a member of `kind` by its value; the database itself refuses any other word."""
    default = options.pop("default", ...)
    nullable = options.pop("nullable", False)
    column = sa.Column(
        sa.Enum(
            kind,
            values_callable=lambda members: [member.value for member in members],
            native_enum=False,
            create_constraint=True,
            validate_strings=True,
            length=32,
            name=options.pop("check", _snake(kind.__name__)),
        ),
        nullable=nullable,
        **options,
    )
    return Field(sa_column=column) if default is ... else Field(default=default, sa_column=column)


def moment(*, nullable: bool = False, index: bool = False) -> Any:
    """A point in time, always with its zone (UTC in the database)."""
    column = sa.Column(sa.DateTime(timezone=True), nullable=nullable, index=index)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def own_id() -> Any:
    """A primary key made before the row is written, so that sealed words can be bound to it; unguessable (TH-10)."""
    return Field(default_factory=uuid4, primary_key=True)


def points_to(target: str, *, nullable: bool = False, index: bool = True) -> Any:
    """A foreign key to `table.column`."""
    kind: Any = sa.Integer if target == "area.id" else sa.Uuid
    column = sa.Column(kind, sa.ForeignKey(target), nullable=nullable, index=index)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


__all__ = ["UUID", "moment", "own_id", "points_to", "stored"]
