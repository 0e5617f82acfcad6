"""The carrier's health as all nodes see it: how many calls in a row could not be placed, and when it is tried again."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from oncall.models.stored import moment

THE_ONE = 1


class CarrierHealth(SQLModel, table=True):
    """One row. `pauses` counts the tries since it was last well; each waits longer than the one before."""

    __tablename__ = "carrier_health"

    id: int = Field(default=THE_ONE, primary_key=True)
    failures: int = 0
    code: str = ""
    pauses: int = 0
    tried_again_at: datetime | None = moment(nullable=True)
    changed_at: datetime = moment()
