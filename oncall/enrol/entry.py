"""One person as a roster row or a form says them, checked: what a resident row is made or corrected from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import TypeVar

from oncall.enrol import cell
from oncall.enrol.column import Column
from oncall.enrol.dong import Dongs
from oncall.enrol.phone_number import PhoneNumber, read_phone
from oncall.enrol.reason import Reason, Refused
from oncall.models import ConsentScope, Language

Value = TypeVar("Value")

SCOPE_COLUMNS = {
    Column.CONSENT_SERVICE: ConsentScope.SERVICE,
    Column.CONSENT_RECORDING: ConsentScope.RECORDING,
    Column.CONSENT_OVERSEAS: ConsentScope.OVERSEAS,
}


@dataclass(frozen=True)
class Entry:
    """A checked person; None means that nothing was said about it, so a correction leaves it as it is."""

    external_id: str
    name: str
    phone: str
    area_id: int
    phone2: str | None = None
    preferred_name: str | None = None
    language: Language | None = None
    birth_year: int | None = None
    address: str | None = None
    preferred_time: time | None = None
    consents: dict[ConsentScope, bool] = field(default_factory=dict)
    consent_date: date | None = None
    emergency_name: str | None = None
    emergency_phone: str | None = None
    notes: str | None = None
    source: str | None = None
    timezone: str | None = None  # only a form says it: a roster is one city's


def check(cells: Mapping[Column, object], dongs: Dongs, today: date, *, area_path: str = "", consent_asked: bool = True
          ) -> tuple[Entry | None, list[Reason], list[Reason]]:  # fmt: skip
    """The entry these cells make, what stands against it (then there is none), and what wants a second look.

    Every cell is checked, so that all that is wrong with a row is said at once. `area_path` is the scope of whoever
    brings it in: dongs outside it are refused. `consent_asked` is False where consents are changed in another place.
    """
    wrong: list[Reason] = []
    doubtful: list[Reason] = []

    def tried(read: Callable[[], Value]) -> Value | None:
        try:
            return read()
        except Refused as refusal:
            wrong.append(refusal.reason)
            return None

    def said(column: Column) -> object:
        return cells.get(column, "")

    def words(column: Column, limit: int, **more: bool) -> str | None:
        return tried(lambda: cell.read_words(said(column), column, limit=limit, **more))

    def phone(column: Column, **more: bool) -> str | None:
        if not cell.plain(said(column)):
            if column is Column.PHONE:
                wrong.append(Reason("missing", column))
            return None
        found: PhoneNumber | None = tried(lambda: read_phone(said(column), column, **more))
        if found and found.short:
            doubtful.append(Reason("short_010", column))
        return found.e164 if found else None

    def consent(column: Column) -> bool | None:
        required = consent_asked and column is Column.CONSENT_SERVICE
        return tried(lambda: cell.read_consent(said(column), column, required=required))

    external_id = words(Column.EXTERNAL_ID, 64, required=True)
    name = words(Column.NAME, 60, required=True)
    number, number2 = phone(Column.PHONE), phone(Column.PHONE2)
    area_id = tried(lambda: _area_id(cells, dongs, area_path))
    consents = {scope: consent(column) for column, scope in SCOPE_COLUMNS.items()}
    rest = {
        "preferred_name": words(Column.PREFERRED_NAME, 60),
        "language": tried(lambda: cell.read_language(said(Column.LANGUAGE), Column.LANGUAGE)),
        "birth_year": tried(lambda: cell.read_year(said(Column.BIRTH_YEAR), Column.BIRTH_YEAR, today=today)),
        "address": words(Column.ADDRESS, 200),
        "preferred_time": tried(lambda: cell.read_time(said(Column.PREFERRED_TIME), Column.PREFERRED_TIME)),
        "consent_date": tried(lambda: cell.read_date(said(Column.CONSENT_DATE), Column.CONSENT_DATE, today=today)),
        "emergency_name": words(Column.EMERGENCY_NAME, 60),
        "emergency_phone": phone(Column.EMERGENCY_PHONE, abroad=True),
        "notes": words(Column.NOTES, 2000, lines=True),
        "source": words(Column.SOURCE, 100),
    }
    if wrong or external_id is None or name is None or number is None or area_id is None:
        return None, wrong, doubtful
    given = {scope: yes for scope, yes in consents.items() if yes is not None}
    entry = Entry(
        external_id=external_id, name=name, phone=number, phone2=number2 if number2 != number else None,
        area_id=area_id, consents=given, **rest,  # type: ignore[arg-type]  # each read above by its own reader
    )  # fmt: skip
    return entry, wrong, doubtful


def _area_id(cells: Mapping[Column, object], dongs: Dongs, area_path: str) -> int:
    dong = cell.plain(cells.get(Column.DONG, ""))
    if not dong:
        raise Refused("missing", Column.DONG)
    area = dongs.find(dong, cell.plain(cells.get(Column.DISTRICT, "")))
    if not area.path.startswith(area_path):
        raise Refused("outside_area", Column.DONG)
    assert area.id is not None, "areas come from the database"
    return area.id
