"""A roster brought in: every row checked, good rows entered, bad rows named by number and reason, none half-imported."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from oncall import clock
from oncall.enrol import residents
from oncall.enrol.column import Column, find_columns
from oncall.enrol.dong import Dongs
from oncall.enrol.entry import Entry, check
from oncall.enrol.reason import Reason
from oncall.enrol.sheet import Sheet, read_sheet
from oncall.enrol.workbook import Cell
from oncall.models import Area, Campaign, ConsentScope, Resident
from oncall.models.seal import ring
from oncall.settings import settings


@dataclass(frozen=True)
class Line:
    """One row: its number in the spreadsheet, the entry it makes (None: refused), why, and what wants a second look."""

    number: int
    entry: Entry | None
    wrong: list[Reason]
    doubtful: list[Reason]
    cells: list[Cell]


@dataclass
class Roster:
    """A checked file, nothing of it written yet."""

    header: list[str]
    encoding: str
    lines: list[Line]
    about_file: list[Reason] = field(default_factory=list)
    known: frozenset[str] = frozenset()  # numbers that are corrections

    @property
    def good(self) -> list[tuple[int, Entry]]:
        """The rows that can be brought in."""
        return [(line.number, line.entry) for line in self.lines if line.entry is not None]

    @property
    def refused(self) -> list[Line]:
        """The rows that cannot."""
        return [line for line in self.lines if line.entry is None]

    @property
    def doubtful(self) -> list[Line]:
        """The good rows that want a second look."""
        return [line for line in self.lines if line.entry is not None and line.doubtful]

    @property
    def new(self) -> int:
        """How many people it would add."""
        return len({entry.external_id for _, entry in self.good} - self.known)

    @property
    def corrections(self) -> int:
        """How many of its rows would correct somebody already known, or an earlier row."""
        return len(self.good) - self.new

    @property
    def uncallable(self) -> int:
        """How many good rows say no to being called."""
        return sum(entry.consents.get(ConsentScope.SERVICE) is False for _, entry in self.good)


@dataclass
class Imported:
    """What bringing a roster in did."""

    created: int = 0
    corrected: int = 0
    unchanged: int = 0
    joined: int = 0  # newly in the campaign
    refused: list[tuple[int, Reason]] = field(default_factory=list)  # row numbers, one entry for each thing wrong
    doubtful: list[tuple[int, Reason]] = field(default_factory=list)

    @property
    def refused_rows(self) -> int:
        """How many rows were refused."""
        return len({number for number, _ in self.refused})

    def __str__(self) -> str:
        counts = f"{self.created} new, {self.corrected} corrected, {self.unchanged} unchanged"
        return f"{counts}, {self.refused_rows} refused, {self.joined} joined the campaign"


def read(session: Session, content: bytes, now: datetime, *, area_path: str = "") -> Roster:
    """Read and check a whole file without writing anything. Raises Refused when the file as such cannot be used.

    `area_path` is the scope of the person bringing it in: rows that belong outside it, or that would correct somebody
    living outside it, are refused.
    """
    sheet = read_sheet(content)
    columns, about_file = find_columns(sheet.header)
    dongs, today = Dongs(session), clock.civil(now, settings().timezone).date()
    lines = [_line(number, cells, columns, dongs, today, area_path) for number, cells in sheet.rows]
    return _compared(session, sheet, lines, about_file, area_path)


def bring_in(session: Session, file: Path, now: datetime, *, campaign: Campaign | None = None) -> Imported:
    """Read, check and enter a roster file in one go; the refused rows are in the answer. Raises Refused for the file."""
    return enter(session, read(session, file.read_bytes(), now), now, campaign=campaign)


def enter(session: Session, roster: Roster, now: datetime, *, campaign: Campaign | None = None,
          staff_id: UUID | None = None, on_row: Callable[[], object] = lambda: None) -> Imported:  # fmt: skip
    """Enter every good row of a checked roster, each whole or (should the database refuse it) the entire file not at all.

    With a campaign, everybody on the roster joins it; those who did not agree to be called are in it, and not called.
    """
    done = Imported(refused=[(line.number, reason) for line in roster.refused for reason in line.wrong])
    done.doubtful = [(line.number, reason) for line in roster.doubtful for reason in line.doubtful]
    numbers = [entry.external_id for _, entry in roster.good]
    there = session.exec(select(Resident).where(col(Resident.external_id).in_(numbers)))
    known = {resident.external_id: resident for resident in there}
    for number, entry in roster.good:
        entered = residents.enter(session, entry, known.get(entry.external_id), now, staff_id=staff_id)
        known[entry.external_id] = entered.resident
        done.created += entered.is_new
        done.corrected += bool(not entered.is_new and entered.changed)
        done.unchanged += not entered.is_new and not entered.changed
        done.doubtful += [(number, reason) for reason in entered.doubtful]
        if campaign is not None:
            done.joined += residents.join(session, campaign, entered.resident, now)
        on_row()
    session.flush()
    return done


def _line(
    number: int, cells: list[Cell], columns: dict[Column, int], dongs: Dongs, today: date, area_path: str
) -> Line:
    said = {column: cells[place] for column, place in columns.items() if place < len(cells)}
    entry, wrong, doubtful = check(said, dongs, today, area_path=area_path)
    return Line(number, entry, wrong, doubtful, cells)


def _compared(session: Session, sheet: Sheet, lines: list[Line], about_file: list[Reason], area_path: str) -> Roster:
    """The lines held against each other and against the residents there are."""
    numbers = {line.entry.external_id for line in lines if line.entry}
    areas = dict(_known_areas(session, numbers))
    first: dict[str, int] = {}
    compared = []
    for line in lines:
        if line.entry and not areas.get(line.entry.external_id, area_path).startswith(area_path):
            line = Line(line.number, None, [Reason("outside_area", Column.EXTERNAL_ID)], [], line.cells)
        elif line.entry and line.entry.external_id in first:
            about = {"first": str(first[line.entry.external_id])}
            line.doubtful.append(Reason("repeated", Column.EXTERNAL_ID, about))
        if line.entry:
            first.setdefault(line.entry.external_id, line.number)
        compared.append(line)
    _look_for_the_same_person(session, compared, area_path)
    return Roster(sheet.header, sheet.encoding, compared, about_file, frozenset(areas))


def _known_areas(session: Session, numbers: Iterable[str]) -> list[tuple[str, str]]:
    known = (
        select(Resident.external_id, Area.path)
        .join(Area, col(Area.id) == Resident.area_id)
        .where(col(Resident.external_id).in_(list(numbers)))
    )
    return list(session.exec(known).all())


def _look_for_the_same_person(session: Session, lines: list[Line], area_path: str) -> None:
    """Same name, same telephone, another number of the office: probably one person entered twice."""
    index = {line.number: ring().index_of("phone", line.entry.phone) for line in lines if line.entry}
    there = session.exec(
        select(Resident)
        .join(Area, col(Area.id) == Resident.area_id)
        .where(col(Resident.phone_index).in_(list(set(index.values()))), col(Area.path).startswith(area_path))
    ).all()
    seen = {(resident.phone_index, resident.name): resident.external_id for resident in there}
    for line in lines:
        if line.entry:
            other = seen.setdefault((index[line.number], line.entry.name), line.entry.external_id)
            if other != line.entry.external_id:
                line.doubtful.append(Reason("same_person", about={"other": other}))
