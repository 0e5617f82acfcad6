"""Understanding a call that is over, through both doors, and what stands in the rows afterwards."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from oncall import db
from oncall.gateways import store, tape
from oncall.gateways.model import ModelUnavailable
from oncall.listen import understand, written
from oncall.models import (
    AnsweredBy,
    Assessment,
    Attempt,
    CheckIn,
    CheckInState,
    Evidence,
    Level,
    Outcome,
    Recording,
    RecordingState,
    Resident,
    Signal,
    Speaker,
    Turn,
    TurnSource,
)  # fmt: skip
from oncall.sandbox import voice
from tests.desk import empty_the_database
from tests.listen.conftest import Door
from tests.listen.test_assess import signal
from tests.listen.test_cutting import quiet, two_channels
from tests.makers import NOON, make_attempt, make_check_in, make_resident, make_turns

LATER = NOON + timedelta(minutes=6)
SID = "RE" + "1" * 32


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """Rows are committed here, because no transaction is open while the network is asked."""
    yield
    empty_the_database()


def heard_call(
    *live: tuple[str, str], recording: RecordingState | None = RecordingState.READY, offset_ms: int = 0
) -> UUID:
    """A check-in that waits to be listened to, with what was written down while it was spoken."""
    with db.transaction() as session:
        check_in = make_check_in(session, make_resident(session), state=CheckInState.HEARD)
        attempt = make_attempt(session, check_in, outcome=Outcome.SPOKEN)
        make_turns(session, attempt, *live, source=TurnSource.LIVE)
        if recording:
            session.add(Recording(attempt_id=attempt.id, resident_id=check_in.resident_id, sid=SID, state=recording,
                                  offset_ms=offset_ms, changed_at=NOON))  # fmt: skip
        return check_in.id


def the_sound(door: Door, far: str = "어제부터 아무것도 못 먹었어요", ours: str = "식사는 하셨어요?") -> bytes:
    """A recording in which we ask after one second and the far end answers after four."""
    asked = quiet(1) + voice.say(ours, "ko", voice.AGENT, utterance=1)
    answered = quiet(4) + voice.say(far, "ko", voice.WOMAN, utterance=2)
    door.sounds[SID] = two_channels(answered, asked)
    return door.sounds[SID]


def understood(check_in_id: UUID, now: Any = NOON) -> Assessment | None:
    result = understand.understand(check_in_id, now)
    with db.transaction() as session:
        return written.write_down(session, result, now)


def rows(kind: type[Any]) -> list[Any]:
    with db.transaction() as session:
        return list(session.exec(select(kind)))


def test_a_recorded_call_becomes_turns_an_assessment_and_its_evidence(door: Door) -> None:
    sound = the_sound(door)
    door.words = ["어제부터 아무것도 못 먹었어요", "식사는 하셨어요?"]
    door.answers(
        level="urgent", summary="식사를 못 함.", signals=[signal("nutrition", "urgent", (1, "아무것도 못 먹었어요"))]
    )
    # One piece at a time, so that the words come in the order of the pieces.
    check_in_id = heard_call(("agent", "식사는 하셨어요?"), offset_ms=500)
    assessment = understood_in_order(check_in_id)
    assert assessment is not None
    assert (assessment.level, assessment.failed) == (Level.URGENT, "")
    with db.transaction() as session:
        check_in = session.get_one(CheckIn, check_in_id)
        resident = session.get_one(Resident, check_in.resident_id)
        assert check_in.state is CheckInState.ASSESSED
        turns = session.exec(select(Turn).where(Turn.source == TurnSource.RECORDING).order_by(Turn.position)).all()
        assert [(turn.speaker, turn.words(resident.seal)) for turn in turns] == [
            (Speaker.AGENT, "식사는 하셨어요?"),
            (Speaker.RESIDENT, "어제부터 아무것도 못 먹었어요"),
        ]
        answer = turns[1]
        # The stream began half a second into the recording.
        assert 3200 <= answer.starts_ms <= 3500
        evidence = session.exec(select(Evidence)).first()
        assert evidence is not None
        assert evidence.turn_id == answer.id
        quote = evidence.quote(resident.seal)
        assert answer.words(resident.seal)[evidence.starts_at : evidence.ends_at] == quote
        assert abs(evidence.second - (answer.starts_ms + 500) / 1000) < 0.001
        recording = session.exec(select(Recording)).one()
        assert recording.state is RecordingState.KEPT
        assert resident.seal.open_bytes(store.fetch(recording.key), "recording.sound", recording.id) == sound
        assert sound not in store.fetch(recording.key)
        assert assessment.words(resident.seal)["summary"] == "식사를 못 함."


def understood_in_order(check_in_id: UUID) -> Assessment | None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oncall.listen.transcribe.AT_ONCE", 1)
        return understood(check_in_id)


def test_without_a_recording_the_words_heard_live_are_judged(door: Door) -> None:
    door.answers()
    check_in_id = heard_call(("agent", "괜찮으세요?"), ("resident", "넘어졌는데 못 일어나겠어"), recording=None)
    assessment = understood(check_in_id)
    assert assessment is not None
    assert assessment.level is Level.EMERGENCY
    [signal_row] = [row for row in rows(Signal) if row.level is Level.EMERGENCY]
    turn_ids = {row.turn_id for row in rows(Evidence) if row.signal_id == signal_row.id}
    assert turn_ids == {row.id for row in rows(Turn) if row.speaker is Speaker.RESIDENT}
    assert door.heard == []


def test_a_recording_that_is_not_there_yet_is_waited_for_and_not_for_ever(door: Door) -> None:
    door.answers()
    check_in_id = heard_call(("agent", "식사는요?"), ("resident", "네 잘 먹어요"))
    with pytest.raises(tape.NoSound):
        understand.understand(check_in_id, NOON)
    assessment = understood(check_in_id, LATER)
    assert assessment is not None
    assert rows(CheckIn)[0].state is CheckInState.ASSESSED
    assert rows(Recording)[0].state is RecordingState.READY


def test_a_model_that_is_away_is_waited_for_and_then_the_call_is_not_accounted_for(door: Door) -> None:
    door.fails(500)
    check_in_id = heard_call(("agent", "식사는요?"), ("resident", "네 잘 먹어요"), recording=None)
    with pytest.raises(ModelUnavailable):
        understand.understand(check_in_id, NOON)
    assessment = understood(check_in_id, LATER)
    assert assessment is not None
    assert assessment.failed == "http_500"
    [check_in] = rows(CheckIn)
    assert (check_in.state, check_in.reason) == (CheckInState.NOT_ACCOUNTED, "not_assessed")


def test_a_model_that_will_never_answer_is_not_waited_for(door: Door) -> None:
    door.fails(401, "invalid_api_key")
    assessment = understood(heard_call(("agent", "식사는요?"), ("resident", "네 잘 먹어요"), recording=None))
    assert assessment is not None
    assert assessment.failed == "http_401"


@pytest.mark.parametrize(("said", "by", "reason"), [
    ([], AnsweredBy.UNKNOWN, "nothing_said"),
    ([("resident", "연결이 되지 않아 삐 소리 후 소리샘으로 연결됩니다")], AnsweredBy.MACHINE, "machine"),
    ([("resident", "어머니는 지금 주무세요")], AnsweredBy.OTHER, "other_person"),
])  # fmt: skip
def test_a_call_without_the_resident_is_not_accounted_for(
    door: Door, said: list[tuple[str, str]], by: AnsweredBy, reason: str
) -> None:
    door.answers(answered_by=by.value)
    assessment = understood(heard_call(("agent", "여보세요?"), *said, recording=None))
    assert assessment is not None
    assert assessment.answered_by is by
    [check_in] = rows(CheckIn)
    assert (check_in.state, check_in.reason) == (CheckInState.NOT_ACCOUNTED, reason)


def test_a_recording_without_a_word_does_not_silence_what_was_heard_live(door: Door) -> None:
    the_sound(door)
    door.answers()
    assessment = understood(heard_call(("agent", "괜찮으세요?"), ("resident", "숨을 못 쉬겠어")))
    assert assessment is not None
    assert assessment.level is Level.EMERGENCY
    assert assessment.for_review


def test_a_recording_nobody_can_read_leaves_the_live_words(door: Door) -> None:
    door.sounds[SID] = b"not a sound"
    door.answers()
    assessment = understood(heard_call(("agent", "식사는요?"), ("resident", "네 잘 먹어요")))
    assert assessment is not None
    assert rows(CheckIn)[0].state is CheckInState.ASSESSED


def test_channels_the_wrong_way_round_are_noticed_by_our_own_words(door: Door) -> None:
    asked = quiet(1) + voice.say("안녕하세요", "ko", voice.AGENT, utterance=1)
    answered = quiet(4) + voice.say("네", "ko", voice.WOMAN, utterance=2)
    door.sounds[SID] = two_channels(asked, answered)
    door.words = ["안녕하세요, 식사는 잘 챙겨 드시고 계세요?", "배고파서 못 살겠어"]
    door.answers()
    understood_in_order(heard_call(("agent", "안녕하세요, 식사는 잘 챙겨 드시고 계세요?"), ("resident", "배고파서")))
    recorded = {turn.position: turn.speaker for turn in rows(Turn) if turn.source is TurnSource.RECORDING}
    assert recorded == {0: Speaker.AGENT, 1: Speaker.RESIDENT}


def test_what_recognisers_invent_on_silence_is_left_out_and_identity_numbers_are_covered(door: Door) -> None:
    the_sound(door)
    door.words = ["내 주민번호는 900101-1234567 이야", "시청해 주셔서 감사합니다."]
    door.answers()
    understood_in_order(heard_call())
    with db.transaction() as session:
        resident = session.exec(select(Resident)).one()
        words = [turn.words(resident.seal) for turn in session.exec(select(Turn))]
    assert words == ["내 주민번호는 ******-******* 이야"]
    assert "1234567" not in str(door.asked)


def test_the_second_time_changes_nothing(door: Door, session: Session) -> None:
    door.answers()
    check_in_id = heard_call(("agent", "식사는요?"), ("resident", "네 잘 먹어요"), recording=None)
    result = understand.understand(check_in_id, NOON)
    for expected in (1, 1):
        with db.transaction() as own:
            written.write_down(own, result, NOON)
        assert len(rows(Assessment)) == expected
    with db.transaction() as own:
        assert written.write_down(own, result, NOON) is None


def test_the_attempt_that_was_spoken_is_listened_to_and_learns_who_answered(door: Door) -> None:
    door.answers()
    check_in_id = heard_call(("agent", "식사는요?"), ("resident", "네 잘 먹어요"), recording=None)
    understood(check_in_id)
    [attempt] = rows(Attempt)
    assert attempt.answered_by is AnsweredBy.RESIDENT
