"""Whether what was promised came: the model's word, or a plain question and a plain answer."""

from uuid import uuid4

import pytest
from sqlmodel import Session, select

from oncall.listen import arrival
from oncall.listen.arrival import Arrived, Promise
from oncall.listen.transcript import Line
from oncall.models import (
    Event,
    HelpRequest,
    RequestState,
    Verb,
)
from oncall.models.turn import Speaker
from tests.listen.conftest import Door
from tests.listen.test_understand import rows, understood
from tests.makers import NOON, make_attempt, make_check_in, make_resident

FAN = "선풍기를 화요일에 고쳐 드리기로 했습니다"


def lines(*said: tuple[str, str]) -> list[Line]:
    return [Line(speaker=Speaker(who), text=text) for who, text in said]


def make_request(session: Session, state: RequestState = RequestState.ARRANGED, answer: str = FAN) -> HelpRequest:
    resident = make_resident(session)
    request = HelpRequest(resident_id=resident.id, area_id=resident.area_id, state=state, words_sealed=b"",
                          asked_at=NOON, changed_at=NOON)  # fmt: skip
    request.write(resident.seal, "선풍기 좀 고쳐 주세요")
    request.answer(resident.seal, answer)
    session.add(request)
    session.flush()
    return request


@pytest.mark.parametrize(("asked", "answer", "found"), [
    ("선풍기는 고쳐 주러 왔던가요?", "응, 어제 와서 고쳐 줬어", Arrived.YES), ("선풍기는 고쳤어요?", "아니, 아직 안 왔어", Arrived.NO),
    ("선풍기는 다녀갔어요?", "소식이 하나도 없어", Arrived.NO), ("선풍기는 고쳤어요?", "글쎄, 몰라", Arrived.UNCLEAR),
    ("식사는 하셨어요?", "네, 먹었어요", Arrived.UNCLEAR), ("반찬은 잘 왔어요?", "네, 왔어요", Arrived.UNCLEAR),
])  # fmt: skip
def test_a_plain_answer_to_our_question_about_it_counts(asked: str, answer: str, found: Arrived) -> None:
    assert arrival.plainly(FAN, lines(("agent", asked), ("resident", answer))) is found


def test_the_same_in_english() -> None:
    promise = "A heater will be delivered on Monday"
    for answer, found in (("No, nobody came", Arrived.NO), ("Yes, it came on Monday", Arrived.YES)):
        assert arrival.plainly(promise, lines(("agent", "Did the heater arrive?"), ("resident", answer))) is found


def test_the_models_word_comes_first_and_plain_words_where_it_has_none() -> None:
    one, other = Promise(uuid4(), FAN), Promise(uuid4(), "반찬을 보내 드리기로 했습니다")
    said = lines(("agent", "반찬은 잘 왔어요?"), ("resident", "못 받았어"))
    assert arrival.heard([one, other], {0: Arrived.YES}, said) == {
        one.request_id: Arrived.YES, other.request_id: Arrived.NO,
    }  # fmt: skip


def test_what_did_not_come_is_missing_and_only_what_still_stands_changes(session: Session) -> None:
    attempt = make_attempt(session, make_check_in(session))
    came, lost, done = make_request(session), make_request(session), make_request(session, RequestState.DECLINED)
    found = {came.id: Arrived.YES, lost.id: Arrived.NO, done.id: Arrived.NO}
    assert arrival.write_down(session, found, attempt.id, NOON) == [lost]
    assert [one.state for one in (came, lost, done)] == [
        RequestState.ARRIVED, RequestState.MISSING, RequestState.DECLINED,
    ]  # fmt: skip
    events = session.exec(select(Event).where(Event.verb == Verb.REQUEST_CHANGED)).all()
    assert {event.about for event in events} == {f"request:{came.id}", f"request:{lost.id}"}


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("model_is_down", [False, True])
def test_an_understood_call_settles_the_promise(door: Door, model_is_down: bool) -> None:
    from datetime import timedelta

    from oncall import db
    from oncall.models import CheckInState, Outcome, Resident, TurnSource
    from tests.makers import make_turns

    if model_is_down:
        door.fails(401, "invalid_api_key")
    else:
        door.answers(promises=[{"index": 0, "arrived": "no"}])
    with db.transaction() as session:
        request = make_request(session)
        resident = session.get_one(Resident, request.resident_id)
        sensitive = make_request(session, answer="병원 가는 차를 보내 드리기로 했습니다")
        sensitive.resident_id = resident.id
        sensitive.answer(resident.seal, "병원 가는 차를 보내 드리기로 했습니다")
        check_in = make_check_in(session, resident, state=CheckInState.HEARD)
        attempt = make_attempt(session, check_in, outcome=Outcome.SPOKEN)
        make_turns(session, attempt, ("agent", "선풍기는 고쳐 주러 왔던가요?"), ("resident", "아직 안 왔어"),
                   source=TurnSource.LIVE)  # fmt: skip
        check_in_id = check_in.id
    understood(check_in_id, NOON + timedelta(minutes=9))
    states = {row.id: row.state for row in rows(HelpRequest)}
    assert states == {request.id: RequestState.MISSING, sensitive.id: RequestState.ARRANGED}
    assert "병원" not in str(door.asked)
    if not model_is_down:
        assert "선풍기" in str(door.asked)


def test_what_cannot_be_done_is_told_once(session: Session) -> None:
    from oncall.models import Resident

    request = make_request(session, RequestState.DECLINED, "도배는 시에서 해 드릴 수 없습니다")
    resident = session.get_one(Resident, request.resident_id)
    arrival.note_told(session, resident, lines(("agent", "식사는 해 드시고 계세요?")), NOON)
    assert request.told_at is None
    arrival.note_told(session, resident, lines(("agent", "죄송하지만 도배는 시에서 해 드릴 수 없다고 합니다.")), NOON)
    assert request.told_at == NOON
