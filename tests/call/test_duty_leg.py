"""The warm bridge: 1 joins, 2 passes on, the first has it, the resident is never left in an empty room."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session, select
from twilio.request_validator import RequestValidator

from oncall import db
from oncall.call import duty_leg, joining
from oncall.models import Alarm, AlarmState, Attempt, AttemptState, Channel, Event, Page, PageState, Staff, Verb
from oncall.settings import settings
from tests.makers import NOON, make_alarm, make_attempt, make_check_in, make_resident, make_staff

TOKEN, HOST = "12345", "https://oncall.example.org"


@dataclass
class Bridge:
    """A resident in danger on the line, two people being rung, and the carrier that asks us what to do."""

    session: Session
    client: TestClient
    attempt: Attempt
    alarm: Alarm

    def ring(self, staff: Staff | None, *, step: int = 0) -> Page:
        page = Page(alarm_id=self.alarm.id, staff_id=staff.id if staff else None, channel=Channel.CALL, step=step,
                    state=PageState.SENT, token=f"page{step}{staff and staff.login}", wanted_at=NOON, changed_at=NOON)  # fmt: skip
        self.session.add(page)
        self.session.flush()
        return page

    def ask(self, path: str, **fields: str) -> str:
        fields = {"CallStatus": "in-progress"} | fields
        signature = RequestValidator(TOKEN).compute_signature(HOST + path, fields)
        answer = self.client.post(path, data=fields, headers={"X-Twilio-Signature": signature})
        assert answer.status_code in {200, 204}, answer.text
        return answer.text

    def duty(self, page: Page, what: str, **fields: str) -> str:
        return self.ask(f"/voice/duty/{page.token}/{what}", CallSid=f"CA{page.token}", **fields)

    def resident(self, what: str, **fields: str) -> str:
        return self.ask(f"/voice/{self.attempt.token}/{what}", CallSid="CA1", **fields)

    def jobs(self) -> list[str]:
        rows = self.session.execute(sa.text("SELECT task_name FROM procrastinate_jobs ORDER BY id"))
        return [name for (name,) in rows]

    def state(self, page: Page) -> tuple[AlarmState, PageState]:
        for row in (self.alarm, page):
            self.session.refresh(row)
        return self.alarm.state, page.state


@pytest.fixture
def bridge(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bridge]:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("ONCALL_PUBLIC_URL", HOST)
    settings.cache_clear()
    app = FastAPI()
    for router in (joining.spoken, duty_leg.spoken, duty_leg.router):
        app.include_router(router)
    app.dependency_overrides[db._request_transaction] = lambda: session
    attempt = make_attempt(session, make_check_in(session, make_resident(session, "김순자")),
                           state=AttemptState.ANSWERED, call_sid="CA1", answered_at=NOON)  # fmt: skip
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Bridge(session, client, attempt, make_alarm(session, attempt))
    monkeypatch.undo()
    settings.cache_clear()


def test_the_summary_tells_area_and_kind_and_nothing_of_the_person(bridge: Bridge, session: Session) -> None:
    page = bridge.ring(make_staff(session))
    said = bridge.duty(page, "answer")
    assert "중동" in said
    assert "넘어짐" in said or "낙상" in said
    assert "1번" in said
    for private in ("김순자", "못 일어나겠어", "+8210"):
        assert private not in said
    assert bridge.state(page) == (AlarmState.RAISED, PageState.ANSWERED)


def test_one_joins_the_resident_and_the_duty_person_in_one_room(bridge: Bridge, session: Session) -> None:
    han = make_staff(session)
    page = bridge.ring(han)
    bridge.duty(page, "answer")
    joining_ = bridge.duty(page, "key", Digits="1")
    assert bridge.state(page) == (AlarmState.ACKNOWLEDGED, PageState.ACKNOWLEDGED)
    assert bridge.jobs() == ["answer_for_case", "bring"]
    met = bridge.resident("met")
    assert bridge.alarm.room in joining_
    assert bridge.alarm.room in met
    assert 'endConferenceOnExit="false"' in joining_
    assert "담당자 연결됐습니다" in met
    assert bridge.state(page) == (AlarmState.JOINED, PageState.JOINED)
    verbs = [event.verb for event in session.exec(select(Event).where(Event.staff_id == han.id).order_by(Event.id))]
    assert verbs == [Verb.ALARM_ACKNOWLEDGED, Verb.ALARM_JOINED]
    assert bridge.resident("met")
    assert len(session.exec(select(Event).where(Event.verb == Verb.ALARM_JOINED)).all()) == 1


def test_the_second_who_presses_one_hears_that_somebody_was_faster(bridge: Bridge, session: Session) -> None:
    first, second = bridge.ring(make_staff(session)), bridge.ring(make_staff(session), step=1)
    for page in (first, second):
        bridge.duty(page, "answer")
    bridge.duty(first, "key", Digits="1")
    assert "이미 받았습니다" in bridge.duty(second, "key", Digits="1")
    assert bridge.state(second) == (AlarmState.ACKNOWLEDGED, PageState.FAILED)
    third = bridge.ring(None, step=3)
    assert "이미 받았습니다" in bridge.duty(third, "answer")
    # The carrier asks again: still theirs.
    assert "<Conference" in bridge.duty(first, "key", Digits="1")


def test_two_passes_it_on_at_once(bridge: Bridge, session: Session) -> None:
    page = bridge.ring(make_staff(session))
    bridge.duty(page, "answer")
    assert "넘기겠습니다" in bridge.duty(page, "key", Digits="2")
    assert bridge.state(page) == (AlarmState.RAISED, PageState.FAILED)
    assert bridge.jobs() == ["escalate"]


@pytest.mark.parametrize("word", ["busy", "no-answer", "failed", "completed"])
def test_a_telephone_nobody_answers_for_is_a_failed_page_and_the_next_is_asked(
    bridge: Bridge, session: Session, word: str
) -> None:
    page = bridge.ring(make_staff(session))
    bridge.duty(page, "status", CallStatus=word)
    bridge.duty(page, "status", CallStatus=word)
    assert bridge.state(page)[1] is PageState.FAILED
    assert bridge.jobs() == ["escalate"]


def test_when_the_person_goes_the_resident_is_kept_company_and_the_next_is_asked(
    bridge: Bridge, session: Session
) -> None:
    page = bridge.ring(make_staff(session))
    bridge.duty(page, "key", Digits="1")
    bridge.resident("met")
    bridge.duty(page, "status", CallStatus="completed")
    assert bridge.state(page) == (AlarmState.RAISED, PageState.FAILED)
    assert bridge.alarm.acknowledged_by is None
    assert bridge.jobs() == ["answer_for_case", "bring", "escalate", "keep_company"]
    company = bridge.resident("company")
    assert "제가 옆에 있어요" in company
    assert "company?turn=1" in company
    assert "<Hangup" not in company
    assert "일일구" in bridge.resident("company?turn=4")


def test_a_person_who_goes_before_the_resident_comes_leaves_no_empty_room(bridge: Bridge, session: Session) -> None:
    page = bridge.ring(make_staff(session))
    bridge.duty(page, "key", Digits="1")
    bridge.duty(page, "status", CallStatus="completed")
    assert "<Conference" not in bridge.resident("met")
    assert bridge.state(page) == (AlarmState.RAISED, PageState.FAILED)


def test_a_resident_who_hangs_up_asks_nobody_further(bridge: Bridge, session: Session) -> None:
    page = bridge.ring(make_staff(session))
    bridge.duty(page, "key", Digits="1")
    bridge.resident("met")
    bridge.resident("company", CallStatus="completed")
    bridge.attempt.state = AttemptState.ENDED
    session.flush()
    assert "끊어졌습니다" in bridge.duty(page, "over")
    bridge.duty(page, "status", CallStatus="completed")
    assert bridge.state(page) == (AlarmState.JOINED, PageState.JOINED)
    assert bridge.jobs() == ["answer_for_case", "bring"]


def test_who_answers_after_the_line_dropped_has_it_and_is_told_to_ring(bridge: Bridge, session: Session) -> None:
    bridge.attempt.state = AttemptState.ENDED
    session.flush()
    page = bridge.ring(make_staff(session))
    assert "바로 전화해 주세요" in bridge.duty(page, "key", Digits="1")
    assert bridge.state(page) == (AlarmState.ACKNOWLEDGED, PageState.ACKNOWLEDGED)


def test_a_closed_alarm_lets_the_call_end(bridge: Bridge, session: Session) -> None:
    bridge.alarm.state = AlarmState.CLOSED
    session.flush()
    assert "<Hangup" in bridge.resident("company")
    assert "이미 받았습니다" in bridge.duty(bridge.ring(make_staff(session)), "answer")


def test_the_room_has_a_name_nobody_guesses(bridge: Bridge, session: Session) -> None:
    other = make_alarm(session, make_attempt(session, make_check_in(session)))
    assert bridge.alarm.room != other.room
    assert str(bridge.alarm.id) not in bridge.alarm.room
    assert UUID(hex=bridge.alarm.room.removeprefix("oncall-"))
