"""After a whole round, what residents said, their names and numbers are in no log, no spool, no page without sign-in and no
open column of the database (TH-15, P-24). What they really said is the canary."""

from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa
from sqlmodel import select

from oncall.models import Resident, Speaker, Turn
from tests.journeys.city import City

pytestmark = pytest.mark.xdist_group("cities")

LONG_ENOUGH = 8  # letters: "네." is everybody's


@pytest.fixture(scope="module")
def canaries(running_city: City) -> set[str]:
    """Their words, turn by turn and each half of a turn; their names and numbers, as stored and as written by hand."""
    found: set[str] = set()
    with running_city.session() as session:
        for resident in session.exec(select(Resident)):
            found |= {resident.name, resident.phone, resident.phone.replace("+82", "0"), resident.phone[-8:]}
        for turn, resident in session.exec(
            select(Turn, Resident).join(Resident).where(Turn.speaker == Speaker.RESIDENT)
        ):
            words = turn.words(resident.seal)
            found |= {words, words[: len(words) // 2], words[len(words) // 2 :]}
    return {one.strip() for one in found if len(one.strip()) >= LONG_ENOUGH}


def seen_in(text: str, canaries: set[str]) -> list[str]:
    return [one for one in canaries if one in text]


def test_there_is_something_to_look_for(canaries: set[str]) -> None:
    assert len(canaries) > 100
    assert seen_in(f"… {next(iter(canaries))} …", canaries)


def test_not_in_the_logs(running_city: City, canaries: set[str]) -> None:
    written = (running_city.folder / "oncall.log").read_text()
    assert "accounting" in written or "{" in written, "the log is empty: nothing was looked at"
    assert seen_in(written, canaries) == []


def test_not_in_any_file_but_the_sealed_ones(running_city: City, canaries: set[str]) -> None:
    database = {"postgres"}  # its own test is below; its files hold what its columns hold
    files = [path for path in Path(running_city.folder).rglob("*") if path.is_file() and not database & set(path.parts)]
    known = {"sandbox.log"}  # the stand-in city's own
    words = {one for one in canaries if not one.strip("+").isdigit()}
    for path in files:
        if path.name not in known:
            # Eight digits are a smooth wave, too: among a minute of our own fixed lines any number may stand by chance.
            looked_for = words if path.parent.name == "voice" else canaries
            assert seen_in(path.read_bytes().decode("utf-8", "ignore"), looked_for) == [], path.name


def test_not_where_anybody_may_look(running_city: City, canaries: set[str]) -> None:
    for address in ("/healthz", "/metrics", "/sign-in"):
        assert seen_in(httpx2.get(running_city.url + address).text, canaries) == [], address


def test_not_in_an_open_column(running_city: City, canaries: set[str]) -> None:
    with running_city.engine.connect() as connection:
        tables = connection.execute(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
        for table in list(tables):
            rows = connection.execute(sa.text(f'SELECT row_to_json(one)::text FROM "{table}" one')).scalars()  # noqa: S608  (names of our own tables)
            assert seen_in("\n".join(rows), canaries) == [], table
