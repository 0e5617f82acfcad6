"""How good the listening is, from what people said of it: each figure with its denominator, its bounds and its doubts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from oncall.listen.share import Share, quantile
from oncall.models import (
    Area,
    Assessment,
    Case,
    CaseKind,
    CloseReason,
    Evaluation,
    Evidence,
    Level,
    Resident,
    Review,
    Signal,
    SignalCode,
    Staff,
)  # fmt: skip
from oncall.models.risk import Detector
from oncall.web.access import Signed, within

WINDOW = timedelta(days=90)
FEW = 20  # below this a share is shown as a small number
_CONTACT = (CloseReason.REACHED_WELL, CloseReason.HELPED, CloseReason.REFERRED, CloseReason.EMERGENCY_SERVICES)


@dataclass(frozen=True)
class Waits:
    """Hours from the flag to something, sorted; `never` is how many have not got there (yet)."""

    hours: tuple[float, ...]
    never: int

    @property
    def of(self) -> int:
        """All of them."""
        return len(self.hours) + self.never

    @property
    def median(self) -> timedelta | None:
        """Half were quicker; of those that got there."""
        return _hours(quantile(self.hours, 0.5))

    @property
    def p90(self) -> timedelta | None:
        """Nine of ten were quicker; of those that got there."""
        return _hours(quantile(self.hours, 0.9))


@dataclass(frozen=True)
class Misses:
    """What the drawn calm calls tell: `found` of them a person judged worrying; `calm` is how many calm calls there were."""

    found: Share
    calm: int

    @property
    def likely(self) -> int:
        """How many of all calm calls that share would be."""
        return round((self.found.value or 0) * self.calm)

    @property
    def at_most(self) -> int | None:
        """The upper bound of the same (with none found among n, about 3/n of them); None before any was read."""
        return round(self.found.high * self.calm) if self.found.of else None


@dataclass(frozen=True)
class Quality:
    """All the page shows."""

    precision: dict[Level, Share]
    misses: Misses
    to_taken: Waits
    to_contact: Waits
    per_worker: list[tuple[str, int]]
    per_dong: list[tuple[Area, int]]
    per_signal: list[tuple[SignalCode, int, Share]]
    flips: Share
    ungrounded: Share
    useful: Share
    reviewed: int
    flagged: int


def of(session: Session, signed: Signed, now: datetime) -> Quality:
    """The last ninety days in this person's areas."""
    since = now - WINDOW
    pairs = session.exec(
        within(
            select(Review, Assessment)
            .join(Assessment, col(Assessment.id) == Review.assessment_id)
            .where(col(Assessment.made_at) > since),
            Review.area_id, signed,
        )
    ).all()  # fmt: skip
    found = _found(session, signed, since)
    cases = _cases(session, signed, since)
    return Quality(
        precision={level: _precision(pairs, level) for level in (Level.EMERGENCY, Level.URGENT, Level.CONCERN)},
        misses=Misses(
            Share.of_marks((str(one.id), review.level.needs_follow_up) for review, one in pairs if one.drawn),
            _calm(session, signed, since),
        ),
        to_taken=_waits((case.opened_at, case.taken_at) for case, _ in cases),
        to_contact=_waits(
            (case.opened_at, case.closed_at if case.close_reason in _CONTACT else None) for case, _ in cases
        ),
        per_worker=_per_worker(session, [case for case, _ in cases]),
        per_dong=_counted([area for _, area in cases]),
        per_signal=_per_signal(found, pairs),
        flips=Share.of_marks((str(number), flip) for number, flip in enumerate(_flips(session, signed, since))),
        ungrounded=_ungrounded(session, signed, since),
        useful=Share.of_marks((str(review.id), review.useful) for review, _ in pairs if review.useful is not None),
        reviewed=len(pairs),
        flagged=len(cases),
    )


def last_evaluations(session: Session) -> list[Evaluation]:
    """The newest evaluation of written calls and the newest of reviewed ones, as far as there are any."""
    found = [
        session.exec(
            select(Evaluation).where(col(Evaluation.synthetic).is_(synthetic)).order_by(col(Evaluation.made_at).desc())
        ).first()
        for synthetic in (True, False)
    ]
    return [one for one in found if one is not None]


def _precision(pairs: Iterable[tuple[Review, Assessment]], level: Level) -> Share:
    """Of the calls the machine put at `level` or above, those a person put there too."""
    return Share.of_marks(
        (str(one.id), review.level.rank >= level.rank) for review, one in pairs if one.level.rank >= level.rank
    )


def _calm(session: Session, signed: Signed, since: datetime) -> int:
    levels = [level for level in Level if not level.needs_follow_up]
    statement = _assessments(select(func.count()).select_from(Assessment), signed, since)
    return int(
        session.exec(
            statement.where(
                col(Assessment.level).in_(levels), Assessment.failed == "", col(Assessment.for_review).is_(False)
            )
        ).one()
    )


def _cases(session: Session, signed: Signed, since: datetime) -> list[tuple[Case, Area]]:
    """The cases opened because something was heard."""
    statement = (
        select(Case, Area).join(Area, col(Area.id) == Case.area_id)
        .where(Case.kind == CaseKind.FLAGGED, col(Case.opened_at) > since)
    )  # fmt: skip
    return list(session.exec(within(statement, Case.area_id, signed)))


def _per_worker(session: Session, cases: list[Case]) -> list[tuple[str, int]]:
    taken = Counter(case.taken_by or case.closed_by for case in cases)
    names = {
        one.id: one.name for one in session.exec(select(Staff).where(col(Staff.id).in_([key for key in taken if key])))
    }
    return sorted(((names.get(key, ""), count) for key, count in taken.items() if key), key=lambda row: -row[1])


def _counted(areas: list[Area]) -> list[tuple[Area, int]]:
    by_id = {area.id: area for area in areas}
    return [(by_id[key], count) for key, count in Counter(area.id for area in areas).most_common()]


def _found(session: Session, signed: Signed, since: datetime) -> list[Signal]:
    statement = (
        select(Signal).join(Assessment, col(Assessment.id) == Signal.assessment_id)
        .where(col(Signal.level).in_([level for level in Level if level.needs_follow_up]))
    )  # fmt: skip
    return list(session.exec(_assessments(statement, signed, since)))


def _per_signal(found: list[Signal], pairs: Iterable[tuple[Review, Assessment]]) -> list[tuple[SignalCode, int, Share]]:
    """By code: how often flagged, and of the reviewed ones how many a person heard too."""
    reviewed = {assessment.id: set(review.agreed) for review, assessment in pairs}
    rows = []
    for code, count in Counter(signal.code for signal in found).most_common():
        marks = {one.assessment_id for one in found if one.code is code and one.assessment_id in reviewed}
        rows.append((code, count, Share.of_marks((str(key), code in reviewed[key]) for key in marks)))
    return rows


def _flips(session: Session, signed: Signed, since: datetime) -> list[bool]:
    """Of the calls the model read twice, whether the two came to different levels."""
    twice = func.jsonb_array_length(col(Assessment.passes)) > 2
    rows = session.exec(_assessments(select(Assessment), signed, since).where(twice))
    return [one.flipped for one in rows if one.flipped is not None]


def _ungrounded(session: Session, signed: Signed, since: datetime) -> Share:
    """Of the model's signals, those for which no sentence could be found in the call."""
    has = sa.exists().where(col(Evidence.signal_id) == col(Signal.id))
    statement = (
        select(func.count(), func.count().filter(~has)).select_from(Signal)
        .join(Assessment, col(Assessment.id) == Signal.assessment_id).where(Signal.detector == Detector.MODEL)
    )  # fmt: skip
    whole, without = session.exec(_assessments(statement, signed, since)).one()
    return Share(without, whole)


def _waits(rows: Iterable[tuple[datetime, datetime | None]]) -> Waits:
    listed = list(rows)
    hours = sorted((there - opened).total_seconds() / 3600 for opened, there in listed if there is not None)
    return Waits(tuple(hours), len(listed) - len(hours))


def _hours(count: float | None) -> timedelta | None:
    return None if count is None else timedelta(hours=count)


def _assessments(statement: Any, signed: Signed, since: datetime) -> Any:
    return within(
        statement.join(Resident, col(Resident.id) == Assessment.resident_id).where(col(Assessment.made_at) > since),
        Resident.area_id, signed,
    )  # fmt: skip
