"""Accounts of the people who sign in, made and closed from the command line."""

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from oncall import db
from oncall.cli.staff import staff
from oncall.models import Event, Role, Staff, Verb
from oncall.web.login import right_password
from tests.makers import make_city

pytestmark = pytest.mark.usefixtures("committed")
PASSWORD = "a long enough password"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(staff, list(arguments), env={"ONCALL_STAFF_PASSWORD": PASSWORD})
    return result.exit_code, result.output


def hire(area: str = "중동") -> tuple[int, str]:
    return run("add", "han", "--role", "caseworker", "--area", area, "--name", "한지우")


def test_somebody_hired_may_sign_in_with_their_role_and_area() -> None:
    with db.transaction() as session:
        make_city(session)
    assert hire()[0] == 0
    with db.transaction() as session:
        person = session.exec(select(Staff)).one()
        assert (person.role, person.login) == (Role.CASEWORKER, "han")
        assert right_password(PASSWORD, person.password_hash)
        assert session.exec(select(Event).where(Event.verb == Verb.STAFF_CHANGED)).one()
    assert "중동" in run("list")[1]


@pytest.mark.parametrize(("area", "said"), [("없는동", "no area called 없는동"), ("중동", "already")])
def test_a_wrong_account_is_refused_in_a_plain_sentence(area: str, said: str) -> None:
    with db.transaction() as session:
        make_city(session)
    if said == "already":
        hire()
    code, output = hire(area)
    assert code == 1
    assert said in output


def test_a_closed_account_is_shown_as_closed() -> None:
    with db.transaction() as session:
        make_city(session)
    hire()
    assert run("close", "han")[0] == 0
    assert "closed" in run("list")[1]
    assert run("close", "nobody")[0] == 1
