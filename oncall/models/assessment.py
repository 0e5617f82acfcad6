"""Assessments: what a call was judged to say, each signal with the resident's own words that carry it."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from oncall.models.risk import AnsweredBy, Detector, Level, SignalCode, Subject, Tense
from oncall.models.seal import Seal
from oncall.models.stored import moment, own_id, points_to, stored

NO_CONSENT = "no_overseas_consent"
NOT_ASSESSED = "not_assessed"


def reason_of(failed: str) -> str:
    """What a person is told of a call that could not be judged: not which of its errors the model's server had."""
    return failed if failed in {"", NO_CONSENT} else NOT_ASSESSED


class Assessment(SQLModel, table=True):
    """One judgement of one call. `failed` is a reason code when the call could not be understood; then it is never calm."""

    id: UUID = own_id()
    check_in_id: UUID = points_to("check_in.id")
    attempt_id: UUID = points_to("attempt.id")
    resident_id: UUID = points_to("resident.id")
    level: Level = stored(Level)
    failed: str = ""
    unknown: list[str] = Field(default_factory=list, sa_column=sa.Column(JSONB, nullable=False))  # facts not answered
    answered_by: AnsweredBy = stored(AnsweredBy, default=AnsweredBy.UNKNOWN)
    wants_human: bool = False
    opt_out: bool = False
    later: bool = False
    for_review: bool = False  # something could not be grounded, or looked like an instruction (D8, E9)
    drawn: bool = False  # one of the calm calls that a person reads all the same
    # Each reading by itself, net and model: {"by", "level", "codes", "prompt", "failed"}; no words.
    passes: list[dict[str, Any]] = Field(default_factory=list, sa_column=sa.Column(JSONB, nullable=False))
    # What is different from the person's own last calls: {"kind", "about", "now", "usual", "calls", "since"}; no words.
    trend: list[dict[str, Any]] = Field(default_factory=list, sa_column=sa.Column(JSONB, nullable=False))
    words_sealed: bytes | None = None  # {"summary": str, "requests": [str]}
    model: str = ""
    prompt_sha256: str = ""
    made_at: datetime = moment()

    @property
    def flipped(self) -> bool | None:
        """Whether two readings by the model came to different levels; None when it was not read twice."""
        levels = [one["level"] for one in self.passes if one["by"] == Detector.MODEL and one["level"]]
        return len(set(levels)) > 1 if len(levels) > 1 else None

    def write(self, seal: Seal, *, summary: str, requests: list[str]) -> None:
        """Put the summary and the resident's requests in, sealed."""
        words = json.dumps({"summary": summary, "requests": requests}, ensure_ascii=False)
        self.words_sealed = seal.close(words, "assessment.words", self.id)

    def words(self, seal: Seal) -> dict[str, Any]:
        """{"summary": str, "requests": [str]}, opened."""
        if self.words_sealed is None:
            return {"summary": "", "requests": []}
        opened: dict[str, Any] = json.loads(seal.open(self.words_sealed, "assessment.words", self.id))
        return opened


class Signal(SQLModel, table=True):
    """One kind of trouble heard in a call."""

    id: UUID = own_id()
    assessment_id: UUID = points_to("assessment.id")
    resident_id: UUID = points_to("resident.id")
    code: SignalCode = stored(SignalCode)
    level: Level = stored(Level)
    subject: Subject = stored(Subject, default=Subject.RESIDENT)
    tense: Tense = stored(Tense, default=Tense.NOW)
    confidence: float = 1.0
    detector: Detector = stored(Detector)


class Evidence(SQLModel, table=True):
    """The words behind a signal: a verbatim span of one far-end turn, checked by code (D8)."""

    id: UUID = own_id()
    signal_id: UUID = points_to("signal.id")
    turn_id: UUID = points_to("turn.id")
    starts_at: int  # first character of the span in the turn's words
    ends_at: int  # one past the last
    quote_sealed: bytes
    second: float  # where in the recording the turn begins, or in the stream when there is no recording

    def write(self, seal: Seal, quote: str) -> None:
        """Put the quote in, sealed."""
        self.quote_sealed = seal.close(quote, "evidence.quote", self.id)

    def quote(self, seal: Seal) -> str:
        """The quote, opened."""
        return seal.open(self.quote_sealed, "evidence.quote", self.id)
