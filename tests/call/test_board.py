"""The live board: who is on the line, the last words of each, and no words for who may not read them."""

import pytest
from sqlmodel import Session, select

from oncall import clock
from oncall.call.pages import router
from oncall.models import Alarm, AttemptState, Event, Level, SignalCode, Speaker, Turn, TurnSource, Verb
from oncall.models.risk import Detector
from tests.browser.city import City, settle
from tests.desk import Desk
from tests.makers import make_turns


@pytest.fixture
def seeded(session: Session) -> City:
    return settle(session, clock.now())


def test_those_speaking_stand_first_with_their_last_three_turns(session: Session, desk: Desk, seeded: City) -> None:
    assert seeded.live
    turn = make_turns(session, seeded.live, ("resident", "아침에 먹었어요."), source=TurnSource.RECORDING)[0]
    turn.position, turn.source, turn.speaker = 3, TurnSource.LIVE, Speaker.RESIDENT
    session.flush()
    text = desk(router, staff=seeded.staff["seo"]).get("/board").text
    assert text.index("오*석") < text.index("남**분")
    assert "식사는 잘 하고 계세요?" not in text
    for words in ("콩나물국", "맛있게 드셨겠어요", "아침에 먹었어요."):
        assert words in text
    for name in ("오판석", "남궁옥분"):
        assert name not in text
    event = session.exec(select(Event).where(Event.verb == Verb.READ)).one()
    assert event.detail == {"attempts": [str(seeded.live.id)]}


def test_an_alarm_comes_before_everything(session: Session, desk: Desk, seeded: City) -> None:
    ringing = next(
        attempt for attempt in session.exec(select(type(seeded.live))) if attempt.state is AttemptState.RINGING
    )
    session.add(
        Alarm(attempt_id=ringing.id, resident_id=ringing.resident_id, code=SignalCode.FALL, level=Level.EMERGENCY,
              detector=Detector.NET, quote_sealed=b"", second=1.0, raised_at=clock.now())
    )  # fmt: skip
    session.flush()
    text = desk(router, staff=seeded.staff["seo"]).get("/board").text
    assert text.index("남**분") < text.index("오*석")
    assert "위급" in text


def test_an_ended_call_and_another_dong_are_not_on_my_board(session: Session, desk: Desk, seeded: City) -> None:
    text = desk(router, staff=seeded.staff["han"]).get("/board").text
    assert "오*석" in text
    assert "남**분" not in text
    assert seeded.live
    seeded.live.state = AttemptState.ENDED
    session.flush()
    assert "지금 통화가 없습니다." in desk(router, staff=seeded.staff["han"]).get("/board").text


def test_a_scheduler_sees_calls_and_no_words(session: Session, desk: Desk, seeded: City) -> None:
    text = desk(router, staff=seeded.staff["yun"]).get("/board").text
    assert "오*석" in text
    assert "콩나물국" not in text
    assert session.exec(select(Event).where(Event.verb == Verb.READ)).all() == []


def test_how_long_people_wait_for_our_answers_is_shown_of_each_call_and_of_all(
    session: Session, desk: Desk, seeded: City
) -> None:
    text = desk(router, staff=seeded.staff["seo"]).get("/board").text
    assert "응답 0.9초, 최대 1.6초" in text
    assert "절반은 1.3초 안, 100번 중 95번은 1.6초 안" in text
    assert seeded.live
    for turn in session.exec(select(Turn).where(Turn.attempt_id == seeded.live.id)):
        turn.latency_ms = None
    session.flush()
    assert "응답" not in desk(router, staff=seeded.staff["seo"]).get("/board").text
