"""What the bridge must know of one call before it begins: read once, outside the hot path."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, select

from oncall.models import Attempt, Campaign, Language, Resident
from oncall.models.seal import Seal, ring


@dataclass(frozen=True)
class Line:
    """One attempt's call: whose it is, in which language, with which questions."""

    attempt_id: UUID
    check_in_id: UUID
    resident_id: UUID
    token: str
    call_sid: str | None
    language: Language
    facts: tuple[str, ...]
    seal: Seal
    caller: str  # a keyed fingerprint of the resident, the only name the model's owner gets for them (P-30)

    @classmethod
    def of(cls, session: Session, attempt: Attempt) -> "Line":
        """The line of an attempt."""
        resident = session.get_one(Resident, attempt.resident_id)
        campaign = session.get_one(Campaign, attempt.campaign_id)
        return cls(
            attempt.id, attempt.check_in_id, resident.id, attempt.token, attempt.call_sid, resident.language,
            tuple(campaign.facts), resident.seal, ring().index_of("caller", resident.id.hex).hex()[:32],
        )  # fmt: skip


def by_token(session: Session, token: str) -> Line | None:
    """The line whose carrier callbacks carry `token`; None when there is none."""
    attempt = session.exec(select(Attempt).where(Attempt.token == token)).first()
    return Line.of(session, attempt) if attempt else None
