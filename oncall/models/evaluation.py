"""Evaluations: what rules and prompt scored when they were last tried on labelled calls; figures, no words."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from oncall.models.stored import moment, own_id


class Evaluation(SQLModel, table=True):
    """One run of `oncall eval --save`. `figures` is by file ("calls", "utterances"), then by "net", "model", "both"."""

    id: UUID = own_id()
    made_at: datetime = moment(index=True)
    synthetic: bool  # invented calls; otherwise the ones people reviewed
    split: str
    net_version: str
    prompt_sha256: str = ""  # empty when the net was scored alone
    model: str = ""
    figures: dict[str, Any] = Field(default_factory=dict, sa_column=sa.Column(JSONB, nullable=False))
