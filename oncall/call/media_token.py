"""The key to a call's media socket: made from the attempt, good once, for a minute (TH-03)."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session, col, update

from oncall.models import Attempt
from oncall.models.seal import ring

GOOD_FOR = timedelta(seconds=60)  # the first lines are spoken between this TwiML and the stream's start


def for_attempt(attempt: Attempt) -> str:
    """The path segment of this attempt's media address."""
    return f"{attempt.id.hex}-{_mac(attempt.id)}"


def attempt_id(token: str) -> UUID | None:
    """Whose socket this is; None when the token is not one of ours."""
    name, _, mac = token.partition("-")
    try:
        attempt = UUID(hex=name)
    except ValueError:
        return None
    return attempt if hmac.compare_digest(mac, _mac(attempt)) else None


def issue(attempt: Attempt, now: datetime, *, again: bool = False) -> str:
    """The path segment for a stream that is about to be asked for; `again` lets a call that was led away come back
    through one more stream. The attempt row is locked by the caller."""
    attempt.media_token_since = now
    if again:
        attempt.media_token_used_at = None
    return for_attempt(attempt)


def spend(session: Session, attempt: UUID, now: datetime) -> bool:
    """Use the token up; False when it was used before, is too old, or the call is over."""
    result = session.exec(
        update(Attempt)
        .where(col(Attempt.id) == attempt, col(Attempt.media_token_used_at).is_(None))
        .where(col(Attempt.media_token_since) > now - GOOD_FOR, col(Attempt.ended_at).is_(None))
        .values(media_token_used_at=now)
    )
    return bool(result.rowcount == 1)


def _mac(attempt: UUID) -> str:
    return hmac.digest(ring().session_key, b"media:" + attempt.bytes, sha256).hex()[:40]
