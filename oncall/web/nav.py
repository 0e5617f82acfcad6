"""The entries of the menu: a stage's page appears here, for the roles that hold its right."""

from dataclasses import dataclass

from oncall.web.access import Right, Signed
from oncall.web.i18n import N_


@dataclass(frozen=True)
class Entry:
    """One entry; `path` is also the prefix of the pages beneath it."""

    path: str
    label: str
    right: Right


ENTRIES = (
    Entry("/", N_("Today"), Right.SEE_TODAY),
    Entry("/cases", N_("Follow-up queue"), Right.READ_WORDS),
    Entry("/requests", N_("Requests"), Right.READ_WORDS),
    Entry("/residents", N_("Residents"), Right.SEE_RESIDENTS),
    Entry("/campaigns", N_("Campaigns"), Right.SEE_CAMPAIGNS),
    Entry("/board", N_("Live board"), Right.SEE_BOARD),
    Entry("/duty", N_("Duty"), Right.WORK_CASES),
    Entry("/review", N_("Review"), Right.REVIEW),
    Entry("/quality", N_("Quality"), Right.REVIEW),
)


def entries_for(signed: Signed | None) -> list[Entry]:
    """What this person's menu holds."""
    return [entry for entry in ENTRIES if signed and signed.may(entry.right)]


def is_here(entry: Entry, path: str) -> bool:
    """Whether the page at `path` belongs to `entry`."""
    return path == entry.path or (entry.path != "/" and path.startswith(entry.path + "/"))
