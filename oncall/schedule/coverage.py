"""Coverage: what became of each planned question in every call of the last weeks, none simply missing (C-36)."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from oncall.models import Campaign, CheckIn, CheckInState, FactNote, FactState

DAYS = 30
SHOWN = 3  # reasons a fact

# A check-in that ended without a conversation says by its own state why nothing was asked.
_SPEAKS_FOR_ITSELF = (CheckInState.UNREACHED, CheckInState.HELD, CheckInState.NOT_ACCOUNTED)
_ENDED = (CheckInState.ASSESSED, *_SPEAKS_FOR_ITSELF)


@dataclass
class FactCoverage:
    """One question over the calls of the last weeks; `missing` are calls that say nothing of it, and should."""

    fact: str
    counts: Counter[FactState] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)  # why it was unclear or not asked
    missing: int = 0

    @property
    def planned(self) -> int:
        """How often it was to be asked."""
        return sum(self.counts.values()) + self.missing

    @property
    def commonest(self) -> list[tuple[str, int]]:
        """The commonest reasons, each with its number."""
        return self.reasons.most_common(SHOWN)

    def share(self, state: FactState) -> float:
        """Percent of the planned that ended so."""
        return 100 * self.counts[state] / self.planned if self.planned else 0.0

    def bar(self) -> list[tuple[str, float, float]]:
        """(class, x, width) of the stacked bar in percent."""
        here, pieces = 0.0, []
        parts = [(state.value, self.counts[state]) for state in FactState] + [("missing", self.missing)]
        for name, count in parts:
            if count:
                length = 100 * count / self.planned
                pieces.append((name, round(here, 3), round(length, 3)))
                here += length
        return pieces


@dataclass(frozen=True)
class Coverage:
    """Every question of a campaign; `check_ins` is how many ended in the time looked at."""

    facts: list[FactCoverage]
    check_ins: int

    @property
    def planned(self) -> int:
        """All questions of all calls."""
        return sum(fact.planned for fact in self.facts)

    @property
    def missing(self) -> int:
        """Those nothing is known of; 0 is the promise."""
        return sum(fact.missing for fact in self.facts)


def coverage(session: Session, campaign: Campaign, now: datetime, *, scope: Any = None) -> Coverage:
    """The last 30 days of a campaign, limited to the areas of `scope` (a subquery of ids) where it is given.

    A question put into the campaign later is not missing from the calls before: of those only what was noted counts.
    """
    since = now - timedelta(days=DAYS)
    mine: list[Any] = [
        col(CheckIn.campaign_id) == campaign.id,
        col(CheckIn.slot) > since,
        col(CheckIn.state).in_(_ENDED),
    ]
    if scope is not None:
        mine.append(col(CheckIn.area_id).in_(scope))
    facts = {code: FactCoverage(code) for code in campaign.facts}
    noted = session.execute(
        sa.select(col(FactNote.fact), col(FactNote.state), col(FactNote.reason), sa.func.count())
        .join(CheckIn, col(CheckIn.id) == FactNote.check_in_id)
        .where(*mine)
        .group_by(col(FactNote.fact), col(FactNote.state), col(FactNote.reason))
    )
    for code, state, reason, count in noted:
        about = facts.setdefault(code, FactCoverage(code))
        about.counts[state] += count
        if reason and state is not FactState.ANSWERED:
            about.reasons[reason] += count
    ended = _ended(session, mine)
    with_note = _noted_of_each(session, mine)
    for check_in_id, state, reason, slot in ended:
        for code in campaign.facts:
            if code in with_note.get(check_in_id, ()):
                continue
            if state in _SPEAKS_FOR_ITSELF:
                facts[code].counts[FactState.NOT_ASKED] += 1
                facts[code].reasons[
                    state.value if state is not CheckInState.NOT_ACCOUNTED else reason or state.value
                ] += 1
            elif slot >= campaign.changed_at:
                facts[code].missing += 1
    return Coverage(list(facts.values()), len(ended))


def _ended(session: Session, mine: list[Any]) -> list[tuple[UUID, CheckInState, str, datetime]]:
    columns = (col(CheckIn.id), col(CheckIn.state), col(CheckIn.reason), col(CheckIn.slot))
    return [
        (one, state, reason, slot) for one, state, reason, slot in session.execute(sa.select(*columns).where(*mine))
    ]


def _noted_of_each(session: Session, mine: list[Any]) -> dict[UUID, frozenset[str]]:
    """Which questions each check-in has something noted of."""
    rows = session.execute(
        sa.select(col(FactNote.check_in_id), sa.func.array_agg(col(FactNote.fact)))
        .join(CheckIn, col(CheckIn.id) == FactNote.check_in_id)
        .where(*mine)
        .group_by(col(FactNote.check_in_id))
    )
    return {check_in_id: frozenset(facts) for check_in_id, facts in rows}
