"""Areas: the city, its districts and their dongs, the tree in which every resident and every permission hangs."""

from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from oncall.models.stored import stored


class AreaKind(StrEnum):
    """A step of the tree."""

    CITY = "city"
    DISTRICT = "district"
    DONG = "dong"


class Area(SQLModel, table=True):
    """One area. `path` lists the ids from the city down, each followed by a dot ("1.4.17."), so that a prefix is a scope."""

    __table_args__ = (sa.UniqueConstraint("parent_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    parent_id: int | None = Field(default=None, foreign_key="area.id", index=True)
    kind: AreaKind = stored(AreaKind)
    name: str
    name_en: str = ""
    path: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})

    def label(self, language: str) -> str:
        """The name in the reader's language ("ko" or "en")."""
        return self.name_en if language == "en" and self.name_en else self.name
