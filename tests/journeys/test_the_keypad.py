"""Who cannot or may not talk with the model is checked on by keys, and who rings back is asked too: through real sound."""

import subprocess
import sys
import time

import httpx2
import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from oncall.call import lines
from oncall.models import (
    Alarm,
    AnsweredBy,
    Attempt,
    AttemptKind,
    CaseKind,
    CheckIn,
    CheckInState,
    FactNote,
    FactState,
    Language,
    Level,
    Outcome,
    Path,
)  # fmt: skip
from oncall.models.risk import Detector
from tests.journeys.city import City
from tests.journeys.listening import Tape
from tests.journeys.people import NO_ABROAD

pytestmark = pytest.mark.xdist_group("wishes")
BY_KEYS = [name for name in NO_ABROAD if name != "misses"]


def notes_of(session: Session, check_in: CheckIn) -> dict[str, tuple[FactState, str]]:
    rows = session.exec(select(FactNote).where(FactNote.check_in_id == check_in.id))
    return {note.fact: (note.state, note.reason) for note in rows}


@pytest.mark.parametrize("story", ["by_keys", "by_keys_en"])
def test_a_resident_who_refuses_processing_abroad_completes_the_check_by_keys(
    city_with_wishes: City, story: str
) -> None:
    found = city_with_wishes.found(story)
    assert (found.check_in.state, found.attempts[-1].path) == (CheckInState.ASSESSED, Path.KEYPAD)
    assert found.assessment is not None
    assert (found.assessment.level, found.assessment.unknown, found.assessment.failed) == (Level.NONE, [], "")
    assert found.assessment.answered_by is AnsweredBy.RESIDENT
    assert found.case is None
    with city_with_wishes.session() as session:
        assert set(notes_of(session, found.check_in).values()) == {(FactState.ANSWERED, "key_1")}


def test_not_a_word_of_theirs_went_to_the_model(city_with_wishes: City) -> None:
    """P-08: no conversation was opened for them, and nothing was put into words or judged abroad."""
    assert city_with_wishes.found("misses").attempts, "the others are called like everybody"
    for story in BY_KEYS:
        for attempt in city_with_wishes.found(story).attempts:
            account = city_with_wishes.sandbox["TWILIO_ACCOUNT_SID"]
            base = f"{city_with_wishes.sandbox['ONCALL_TWILIO_URL']}/2010-04-01/Accounts/{account}"
            recordings = httpx2.get(f"{base}/Recordings.json?CallSid={attempt.call_sid}",
                                    auth=(account, city_with_wishes.sandbox["TWILIO_AUTH_TOKEN"])).json()["recordings"]  # fmt: skip
            assert recordings == []
            assert attempt.media_token_used_at is None


def test_who_presses_two_at_their_name_is_somebody_else_and_learns_nothing(city_with_wishes: City) -> None:
    found = city_with_wishes.found("other_key")
    # The person on this number presses 2 whenever asked.
    assert found.check_in.state is CheckInState.NOT_ACCOUNTED
    assert found.check_in.reason == "other_person"
    assert found.case is not None
    assert "식사" not in found.said()


def test_a_nine_raises_an_alarm_while_the_call_goes_on(city_with_wishes: City) -> None:
    found = city_with_wishes.found("help_key")
    with city_with_wishes.session() as session:
        alarm = session.exec(select(Alarm).where(Alarm.resident_id == found.resident.id)).one()
    assert (alarm.detector, alarm.level) == (Detector.KEYPAD, Level.EMERGENCY)
    assert found.case is not None
    assert (found.case.kind, found.case.level) == (CaseKind.FLAGGED, Level.EMERGENCY)
    answered, ended = found.attempts[-1].answered_at, found.attempts[-1].ended_at
    assert answered is not None
    assert ended is not None
    assert answered < found.case.opened_at < ended


def test_a_machine_is_told_who_called_and_was_not_reached(city_with_wishes: City) -> None:
    found = city_with_wishes.found("voicemail")
    assert found.check_in.state is CheckInState.UNREACHED
    assert {attempt.outcome for attempt in found.attempts} == {Outcome.MACHINE}
    with city_with_wishes.session() as session:
        done = session.scalars(
            sa.text("SELECT status::text FROM procrastinate_jobs WHERE task_name = 'leave_word'")
        ).all()
    assert set(done) == {"succeeded"}
    told = lines.line("voicemail", Language.KO)
    for attempt in found.attempts:
        tape = Tape.of(city_with_wishes.folder / "tapes" / f"{attempt.call_sid}.wav")
        last = tape.ours[-1]
        assert (last.words, last.is_whole) == (told, True), tape.told()
        # Until it is known to be a machine it hears the opening, as anybody does; never what the call is about.
        assert "드시" not in tape.words, tape.told()
        assert len(tape.ours) <= 4, tape.told()


def test_who_missed_every_try_and_rings_back_gets_the_check(city_with_wishes: City) -> None:
    missed = city_with_wishes.found("misses")
    assert missed.check_in.state is CheckInState.UNREACHED
    command = [sys.executable, "-m", "oncall", "doctor", "--fix"]
    subprocess.run(command, env=city_with_wishes.environment, capture_output=True)
    carrier = city_with_wishes.sandbox["ONCALL_TWILIO_URL"]
    told = {"from": city_with_wishes.phones["misses"], "to": city_with_wishes.sandbox["ONCALL_CALLER_ID"]}
    httpx2.post(f"{carrier}/sandbox/inbound", json=told).raise_for_status()
    newest = (
        select(CheckIn).where(CheckIn.resident_id == missed.resident.id).order_by(col(CheckIn.slot).desc()).limit(1)
    )
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        with city_with_wishes.session() as session:
            check_in = session.exec(newest).one()
            if check_in.id != missed.check_in.id and check_in.state.is_final:
                break
        time.sleep(0.5)
    assert check_in.state is CheckInState.ASSESSED
    with city_with_wishes.session() as session:
        statement = select(Attempt).where(Attempt.check_in_id == check_in.id, Attempt.kind == AttemptKind.CALL_BACK)
        attempt = session.exec(statement).one()
        assert (attempt.kind, attempt.outcome) == (AttemptKind.CALL_BACK, Outcome.SPOKEN)
