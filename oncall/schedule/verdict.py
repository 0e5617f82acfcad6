"""The verdict on one resident: whether the machine may call them at this moment, and what stands against it if not."""

from enum import StrEnum

from oncall.models import ConsentScope, Path, Standing


class Verdict(StrEnum):
    """May be called, or the reason why not; the reasons are also stored as a check-in's reason."""

    MAY_CALL = "may_call"
    NO_SERVICE_CONSENT = "no_service_consent"  # never agreed to be called: no check-in is planned at all
    BY_KEYPAD = "by_keypad"  # may be called, but no model abroad may hear them: fixed lines and keys (P-03)
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    WRONG_NUMBER = "wrong_number"
    DECEASED = "deceased"
    MOVED = "moved"

    @property
    def may_call(self) -> bool:
        """The machine may call, one way or the other."""
        return self in {Verdict.MAY_CALL, Verdict.BY_KEYPAD}

    @property
    def path(self) -> Path:
        """How the check is made."""
        return Path.KEYPAD if self is Verdict.BY_KEYPAD else Path.TALK


def verdict(standing: Standing, scopes: frozenset[ConsentScope]) -> Verdict:
    """The verdict on somebody of this standing who agrees to `scopes`."""
    if not standing.may_be_called:
        return Verdict(standing.value)
    if ConsentScope.SERVICE not in scopes:
        return Verdict.NO_SERVICE_CONSENT
    if ConsentScope.OVERSEAS not in scopes:
        return Verdict.BY_KEYPAD
    return Verdict.MAY_CALL
