"""One round of calls to a city, told resident by resident: real audio, real signatures, real rows."""

import httpx2
import pytest
from sqlmodel import col, select

from oncall.call import lines
from oncall.models import (
    Alarm,
    AnsweredBy,
    Attempt,
    CaseKind,
    CheckInState,
    Language,
    Level,
    Outcome,
    Recording,
    Resident,
    SignalCode,
    Speaker,
    Standing,
    Turn,
    TurnSource,
)  # fmt: skip
from tests.journeys.city import ENGLISH, STORIES, City
from tests.sandbox.model.strict import check_client_event, check_server_event

pytestmark = pytest.mark.xdist_group("cities")


AN_ANSWER_MS = 3000  # of the telephone's time, in which the carrier begins a recording: under a second of this city's


def taped(city: City, attempt: Attempt) -> tuple[int, list[tuple[int, str]]]:
    """Since when a call was recorded, in its stream's milliseconds, and what they said live: when, and in which words."""
    with city.session() as session:
        recording = session.exec(select(Recording).where(Recording.attempt_id == attempt.id)).one()
        resident = session.get_one(Resident, attempt.resident_id)
        turns = session.exec(
            select(Turn).where(Turn.attempt_id == attempt.id, Turn.source == TurnSource.LIVE)
            .where(Turn.speaker == Speaker.RESIDENT).order_by(col(Turn.starts_ms))
        ).all()  # fmt: skip
        return -recording.offset_ms, [(turn.starts_ms, turn.words(resident.seal)) for turn in turns]


def test_a_resident_who_is_well_is_heard_and_leaves_no_case(running_city: City) -> None:
    found = running_city.found("well")
    assert found.check_in.state is CheckInState.ASSESSED
    assert found.attempts[-1].outcome is Outcome.SPOKEN
    assert found.assessment is not None
    assert (found.assessment.level, found.assessment.failed) == (Level.NONE, "")
    assert found.case is None
    assert "밥은 잘 먹고 있어요" in found.heard()


def test_what_was_said_live_is_what_the_recording_says(running_city: City) -> None:
    """A lost, doubled or reordered frame would show as wrong words: they travel in the sound itself."""
    for story in ("well", "hungry", "knee"):
        found = running_city.found(story)
        began, live = taped(running_city, found.attempts[-1])
        assert len(live) > 2, story
        for _, words in live:
            assert "□" not in words, "a frame was lost on the way to the model"
        assert live[0][1] not in found.heard(), "recorded before it was announced (C-03)"
        on_tape = [at for at, (_, words) in enumerate(live) if words in found.heard()]
        assert on_tape, f"{story}: nothing of {live} is in the recording since {began} ms"
        # What is not there was said before the carrier had answered our request for it, which takes its time.
        assert on_tape == list(range(on_tape[0], len(live))), f"{story}: only {on_tape} of {live} since {began} ms"
        assert live[on_tape[0] - 1][0] < began + AN_ANSWER_MS, f"{story}: {live} since {began} ms"
        assert "□" not in found.heard() + found.said()


def test_every_question_of_the_campaign_was_asked(running_city: City) -> None:
    said = running_city.found("well").said()
    for asked in ("식사", "약", "불편", "연락"):
        assert asked in said


@pytest.mark.parametrize("story", ["hungry", "hungry_en", "medicine_out"])
def test_a_resident_who_has_not_eaten_or_has_no_medicine_becomes_an_urgent_case(running_city: City, story: str) -> None:
    found = running_city.found(story)
    assert found.check_in.state is CheckInState.ASSESSED
    assert found.case is not None
    assert (found.case.level, found.case.kind) == (Level.URGENT, CaseKind.FLAGGED)
    assert {signal.code for signal in found.signals} & {SignalCode.NUTRITION, SignalCode.MEDICATION}


@pytest.mark.parametrize("story", ["fallen", "fallen_en", "child"])
def test_somebody_in_danger_now_is_an_emergency_with_an_alarm_raised_in_the_call(
    running_city: City, story: str
) -> None:
    found = running_city.found(story)
    assert found.case is not None
    assert found.case.level is Level.EMERGENCY
    answered = found.attempts[-1].answered_at
    ended = found.attempts[-1].ended_at
    assert answered is not None
    assert ended is not None
    assert answered < found.case.opened_at < ended, "the case stood while the call went on"
    with running_city.session() as session:
        alarm = session.exec(select(Alarm).where(Alarm.resident_id == found.resident.id)).first()
    assert alarm is not None
    assert alarm.quote(found.resident.seal) in found.heard(TurnSource.LIVE)
    assert alarm.quote(found.resident.seal), "an alarm shows the words that raised it"


@pytest.mark.parametrize("story", [*STORIES, *ENGLISH])
def test_every_quote_is_the_residents_own_words(running_city: City, story: str) -> None:
    """D8: checked by code to be in the far end's turns, never in ours."""
    found = running_city.found(story)
    far_end = [words for speaker, words, _ in found.turns if speaker == "resident"]
    for quote in found.quotes:
        assert any(quote in words for words in far_end), quote


@pytest.mark.parametrize("story", [*STORIES, *ENGLISH])
def test_nobody_is_left_in_silence(running_city: City, story: str) -> None:
    """Every planned check-in ends in a state with a name, and whoever was not spoken with is before a person."""
    found = running_city.found(story)
    assert found.check_in.state.is_final
    if found.check_in.state is not CheckInState.ASSESSED:
        assert found.case is not None or found.check_in.state is CheckInState.CANCELLED


def test_a_resident_who_cannot_be_reached_becomes_a_case_after_the_last_try(running_city: City) -> None:
    found = running_city.found("gone")
    assert [attempt.outcome for attempt in found.attempts] == [Outcome.NO_ANSWER, Outcome.NO_ANSWER]
    assert found.check_in.state is CheckInState.UNREACHED
    assert found.case is not None
    assert found.case.kind is CaseKind.UNREACHED
    assert found.case.level.rank >= Level.CONCERN.rank


def test_a_busy_line_is_tried_again_and_then_spoken_with(running_city: City) -> None:
    found = running_city.found("busy")
    assert [attempt.outcome for attempt in found.attempts] == [Outcome.BUSY, Outcome.SPOKEN]
    assert found.check_in.state is CheckInState.ASSESSED


def test_a_machine_that_answers_is_never_a_resident_reached(running_city: City) -> None:
    found = running_city.found("machine")
    assert found.check_in.state is CheckInState.UNREACHED
    assert all(attempt.outcome is not Outcome.SPOKEN for attempt in found.attempts)
    assert found.case is not None


def test_somebody_else_at_the_telephone_is_never_scored_and_the_number_rests(running_city: City) -> None:
    """H-22: apologise, end, and no further call to that number until a person has corrected it."""
    found = running_city.found("wrong_person")
    assert found.resident.standing is Standing.WRONG_NUMBER
    assert found.case is not None
    assert found.assessment is None or found.assessment.answered_by is not AnsweredBy.RESIDENT


def test_whoever_says_never_call_again_is_not_called_again(running_city: City) -> None:
    """H-26, C-10."""
    found = running_city.found("hostile")
    assert found.resident.standing is Standing.WITHDRAWN
    assert len(found.attempts) == 1
    assert found.case is not None


def test_a_silent_line_is_not_a_resident_who_is_fine(running_city: City) -> None:
    found = running_city.found("silent")
    assert found.case is not None
    assert found.assessment is None or found.assessment.failed


def test_who_asks_for_a_person_gets_one(running_city: City) -> None:
    found = running_city.found("asks_for_person")
    assert found.case is not None
    assert found.assessment is not None
    assert found.assessment.wants_human


def test_an_interruption_cuts_our_voice_and_is_heard_whole(running_city: City) -> None:
    found = running_city.found("interrupts")
    with running_city.session() as session:
        cut = session.exec(select(Turn).where(Turn.resident_id == found.resident.id, Turn.cut_off)).all()
    assert cut, "our voice went on over the resident"
    assert all(turn.speaker is Speaker.AGENT for turn in cut)
    assert "잠깐만요" in found.heard(TurnSource.LIVE)


def test_the_goodbye_is_heard_to_its_end(running_city: City) -> None:
    for story, last in (("well", "안녕히 계세요"), ("well_en", "take care")):
        found = running_city.found(story)
        assert last in found.said(), "the recording holds what was heard, and it ends with the goodbye"


def test_the_same_number_is_never_dialled_twice_for_one_try(running_city: City) -> None:
    """The carrier's own ledger against our rows."""
    ledger = httpx2.get(running_city.sandbox["ONCALL_TWILIO_URL"] + "/sandbox/ledger").json()
    placed = [call["sid"] for call in ledger]
    with running_city.session() as session:
        ours = [sid for sid in session.exec(select(Attempt.call_sid)) if sid]
    assert sorted(placed) == sorted(ours)


def test_every_event_on_the_models_line_is_one_of_openais_own(running_city: City) -> None:
    """Checked strictly against the SDK's types, both ways, over the whole round."""
    tap = running_city.tap
    assert tap is not None
    assert tap.sessions >= 15
    appended = 0
    for raw in tap.sent:
        if raw.startswith('{"type":"input_audio_buffer.append"'):
            appended += 1
            if appended % 100:
                continue  # fifty a second a call, all made by the same line of code
        check_client_event(raw)
    for number, raw in enumerate(tap.received):
        if "output_audio.delta" not in raw[:60] or number % 20 == 0:
            check_server_event(raw)
    assert appended > 10_000


def test_the_model_is_never_told_who_the_resident_is(running_city: City) -> None:
    """P-30: no name, number or address goes to the model's owner."""
    assert running_city.tap is not None
    sent = "".join(raw for raw in running_city.tap.sent if "append" not in raw[:60])
    with running_city.session() as session:
        for resident in session.exec(select(Resident)):
            assert resident.name not in sent
            assert resident.phone.removeprefix("+82") not in sent


def test_no_personal_word_is_in_the_log(running_city: City) -> None:
    """TH-15."""
    log = running_city.log()
    for story in ("hungry", "fallen", "hostile"):
        found = running_city.found(story)
        for word in (found.resident.name, found.resident.phone, *found.heard().split(". ")):
            assert not word or word not in log


def test_a_child_beside_somebody_who_does_not_wake_hears_words_for_a_child(running_city: City) -> None:
    """H-24, C-33."""
    tape = running_city.tape("child")  # the planned call: that of the line that drops comes before it
    heard = [one.words for one in tape.ours]
    assert lines.line("hold_child", Language.KO) in heard, tape.told()
    held = heard.index(lines.line("hold_child", Language.KO))
    assert heard[held + 1] == lines.line("fact_where_child", Language.KO), tape.told()
    assert lines.line("purpose", Language.KO) not in heard
