"""A page is sent at most once, to the person it is for, and a carrier that refuses brings the next person."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlmodel import select

from oncall import clock, db
from oncall.call import paging
from oncall.follow_up.escalation import escalate
from oncall.gateways import phone
from oncall.models import Alarm, AlarmState, Channel, Page, PageState
from oncall.settings import settings
from tests.makers import make_alarm, make_attempt, make_check_in, make_duty, make_staff

HAN = "+821055590001"


def paged(*, number: str | None = HAN, **columns: Any) -> UUID:
    """The call page of a fresh alarm, by its id."""
    now = clock.now()
    with db.transaction() as session:
        han = make_staff(session, login="han")
        han.reachable_at(number)
        make_duty(session, han, now=now)
        alarm = make_alarm(session, make_attempt(session, make_check_in(session)), at=now, **columns)
    with db.transaction() as session:
        escalate(session, alarm.id, now)
    with db.transaction() as session:
        return next(page.id for page in session.exec(select(Page)) if page.channel is Channel.CALL)


def now_at(page: UUID) -> Page:
    with db.transaction() as session:
        return session.get_one(Page, page)


def calls_at(url: str) -> list[dict[str, Any]]:
    return [call for call in httpx2.get(f"{url}/sandbox/ledger").json() if call["to"] == HAN]


def test_one_page_is_one_call_however_often_its_job_runs(carrier: str) -> None:
    before = len(calls_at(carrier))
    page = paged()
    for _ in range(3):
        paging.send(page, clock.now())
    assert len(calls_at(carrier)) == before + 1
    assert (now_at(page).state, bool(now_at(page).sid)) == (PageState.SENT, True)


def test_a_call_whose_answer_was_lost_is_not_asked_for_again(carrier: str) -> None:
    before = len(calls_at(carrier))
    httpx2.post(f"{carrier}/sandbox/faults", json={"drop_reply_after_create": 1.0})
    page = paged()
    for _ in range(2):
        paging.send(page, clock.now())
    assert len(calls_at(carrier)) == before + 1
    assert (now_at(page).state, now_at(page).sid) == (PageState.SENT, None)


@pytest.mark.parametrize(("faults", "number", "code"), [
    ({"http_429": 1.0}, HAN, "20429"), ({}, None, "no_number"),
    ({"calls_refused_to": [HAN], "calls_refused_code": 21215}, HAN, "21215"),
])  # fmt: skip
def test_a_refused_page_has_failed_and_the_ladder_is_called(
    carrier: str, faults: dict[str, Any], number: str | None, code: str
) -> None:
    httpx2.post(f"{carrier}/sandbox/faults", json=faults).raise_for_status()
    page = paged(number=number)
    paging.send(page, clock.now())
    assert (now_at(page).state, now_at(page).error) == (PageState.FAILED, code)
    with db.transaction() as session:
        jobs = session.execute(db.sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'escalate'"))
        assert jobs.scalar_one() == 1


def test_a_text_message_says_only_that_there_is_something_to_look_at(
    carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCALL_SMS_FROM", "+82325550100")
    settings.cache_clear()
    paged()
    with db.transaction() as session:
        text = next(page.id for page in session.exec(select(Page)) if page.channel is Channel.SMS)
    for _ in range(2):
        paging.send(text, clock.now())
    (sent,) = phone._client().messages.list(to=HAN)
    assert "화면을 봐 주세요" in sent.body
    for private in ("김순자", "못 일어나겠어", "중동"):
        assert private not in sent.body
    assert now_at(text).sid == sent.sid


def test_nobody_is_rung_for_what_somebody_has_by_now(carrier: str) -> None:
    before = len(calls_at(carrier))
    page = paged()
    with db.transaction() as session:
        session.get_one(Alarm, now_at(page).alarm_id).state = AlarmState.ACKNOWLEDGED
    paging.send(page, clock.now() + timedelta(seconds=1))
    assert len(calls_at(carrier)) == before
    assert now_at(page).error == "not_needed"
