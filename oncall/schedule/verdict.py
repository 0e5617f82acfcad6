"""The verdict on one resident: whether the machine may call them at this moment, and what stands against it if not."""

from enum import StrEnum

from oncall.models import ConsentScope, Standing


class Verdict(StrEnum):
    """May be called, or the reason why not; the reasons are also stored as a check-in's reason."""

    MAY_CALL = "may_call"
    NO_SERVICE_CONSENT = "no_service_consent"  # never agreed to be called: no check-in is planned at all
    NO_OVERSEAS_CONSENT = "no_overseas_consent"  # a person must call instead (P-03)
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    WRONG_NUMBER = "wrong_number"
    DECEASED = "deceased"
    MOVED = "moved"

    @property
    def leaves_it_to_a_person(self) -> bool:
        """The resident wants to be called, only not like this: the check-in is held, and a person calls."""
        return self is Verdict.NO_OVERSEAS_CONSENT


def verdict(standing: Standing, scopes: frozenset[ConsentScope]) -> Verdict:
    """The verdict on somebody of this standing who agrees to `scopes`."""
    if not standing.may_be_called:
        return Verdict(standing.value)
    if ConsentScope.SERVICE not in scopes:
        return Verdict.NO_SERVICE_CONSENT
    if ConsentScope.OVERSEAS not in scopes:
        return Verdict.NO_OVERSEAS_CONSENT
    return Verdict.MAY_CALL
