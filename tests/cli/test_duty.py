"""`oncall duty` from a terminal: planned, acknowledged, listed, and plain about nobody being there."""

from datetime import timedelta

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from oncall import clock, db
from oncall.cli import app, duty
from oncall.models import Duty, Staff
from oncall.settings import settings
from tests.makers import make_staff

run = CliRunner()
assert duty


@pytest.fixture
def han(committed: None) -> None:
    with db.transaction() as session:
        make_staff(session, login="han", area="중동")


def civil(hours: int) -> str:
    return f"{clock.civil(clock.now() + timedelta(hours=hours), settings().timezone):%Y-%m-%dT%H:%M}"


def test_a_shift_is_planned_acknowledged_and_listed(han: None) -> None:
    assert "Nobody is on duty now" in run.invoke(app, ["duty", "list"]).output
    order = [
        "duty",
        "add",
        "han",
        "--area",
        "중동",
        "--starts",
        civil(-1),
        "--ends",
        civil(5),
        "--phone",
        "010-5559-0000",
    ]
    assert "han is on duty" in run.invoke(app, order).output
    assert "planned already" in run.invoke(app, order).output
    assert "Nobody is on duty now" in run.invoke(app, ["duty", "list"]).output
    assert "han is there" in run.invoke(app, ["duty", "acknowledge", "han"]).output
    listed = run.invoke(app, ["duty", "list"]).output
    assert "there  now" in listed
    assert "Nobody" not in listed
    with db.transaction() as session:
        assert session.exec(select(Staff.id).join(Duty)).one()
        assert session.exec(select(Staff)).one().phone == "+821055590000"


@pytest.mark.parametrize(("order", "told"), [
    (["add", "nobody", "--area", "중동"], "Nobody signs in as nobody"), (["add", "han", "--area", "달나라"], "no area called"),
    (["acknowledge", "han"], "no shift"),
])  # fmt: skip
def test_what_does_not_fit_is_said_in_a_sentence(han: None, order: list[str], told: str) -> None:
    when = ["--starts", civil(0), "--ends", civil(1)] if order[0] == "add" else []
    answer = run.invoke(app, ["duty", *order, *when])
    assert answer.exit_code == 1
    assert told in answer.output
