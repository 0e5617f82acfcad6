"""What a keypad check says afterwards: no model is asked for keys, nobody's words leave who did not agree to it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from oncall import db
from oncall.listen import understand, written
from oncall.models import (
    AnsweredBy,
    Assessment,
    CheckIn,
    CheckInState,
    ConsentScope,
    Evidence,
    FactNote,
    FactState,
    Keyed,
    Level,
    Outcome,
    Path,
    Resident,
    Signal,
    SignalCode,
    Speaker,
    Turn,
    TurnSource,
)  # fmt: skip
from oncall.models.risk import Detector
from tests.desk import empty_the_database
from tests.listen.conftest import Door
from tests.makers import NOON, make_attempt, make_campaign, make_check_in, make_resident

HOME = (ConsentScope.SERVICE,)
EVERYWHERE = tuple(ConsentScope)
LATER = NOON + timedelta(minutes=6)


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """Rows are committed here, because no transaction is open while the network is asked."""
    yield
    empty_the_database()


def checked(*answers: tuple[str, int | str], consents: tuple[ConsentScope, ...] = HOME, who: AnsweredBy = AnsweredBy.RESIDENT,
            path: Path = Path.KEYPAD, end_reason: str = "goodbye") -> UUID:  # fmt: skip
    """A keypad check of meals, sleep and mood that waits to be listened to: (fact or "", key or words) in turn."""
    with db.transaction() as session:
        campaign = make_campaign(session, facts=["meals", "sleep", "mood"])
        check_in = make_check_in(session, make_resident(session, consents=consents), campaign, state=CheckInState.HEARD)
        attempt = make_attempt(
            session, check_in, outcome=Outcome.SPOKEN, path=path, answered_by=who, end_reason=end_reason
        )
        seal = session.get_one(Resident, check_in.resident_id).seal
        for place, (fact, given) in enumerate(answers):
            at = NOON + timedelta(seconds=place)
            key = given if isinstance(given, int) else None
            turn = Turn(attempt_id=attempt.id, resident_id=check_in.resident_id, source=TurnSource.LIVE, position=10_000 + place,
                        speaker=Speaker.RESIDENT, starts_ms=1000 * place, ends_ms=1000 * place, words_sealed=b"",
                        said_at=at, timing={"step": place} if key is None else {"step": place, "key": key})  # fmt: skip
            turn.write(seal, given if isinstance(given, str) else f"[{given}번 누름]")
            session.add(turn)
            if fact:
                reason = {1: Keyed.WELL, 2: Keyed.WORSE}.get(key or 0, Keyed.SPOKEN)
                state = FactState.UNCLEAR if reason is Keyed.SPOKEN else FactState.ANSWERED
                session.add(FactNote(check_in_id=check_in.id, attempt_id=attempt.id, resident_id=check_in.resident_id,
                                     campaign_id=campaign.id, fact=fact, state=state, reason=reason, noted_at=at))  # fmt: skip
        return check_in.id


def listened(check_in_id: UUID) -> tuple[Assessment, CheckIn, dict[SignalCode, tuple[Level, Detector, str]]]:
    understood = understand.understand(check_in_id, LATER)
    with db.transaction() as session:
        assessment = written.write_down(session, understood, LATER)
        assert assessment is not None
        seal = session.get_one(Resident, assessment.resident_id).seal
        found = {}
        for signal in session.exec(select(Signal).where(Signal.assessment_id == assessment.id)):
            quotes = session.exec(select(Evidence).where(Evidence.signal_id == signal.id)).all()
            found[signal.code] = (signal.level, signal.detector, "".join(quote.quote(seal) for quote in quotes))
        return assessment, session.get_one(CheckIn, check_in_id), found


def test_all_well_by_keys_is_fine_and_no_model_was_asked(door: Door) -> None:
    assessment, check_in, found = listened(checked(("", 1), ("meals", 1), ("sleep", 1), ("mood", 1)))
    assert (assessment.level, assessment.failed, assessment.unknown, found) == (Level.NONE, "", [], {})
    assert (assessment.answered_by, check_in.state) == (AnsweredBy.RESIDENT, CheckInState.ASSESSED)
    assert (door.asked, door.heard) == ([], [])


def test_a_two_is_a_signal_of_its_question_with_the_key_as_its_evidence(door: Door) -> None:
    assessment, _, found = listened(checked(("", 1), ("meals", 2), ("sleep", 2), ("mood", 1)))
    assert assessment.level is Level.CONCERN
    assert found == {
        SignalCode.NUTRITION: (Level.CONCERN, Detector.KEYPAD, "[2번 누름]"),
        SignalCode.SLEEP: (Level.WATCH, Detector.KEYPAD, "[2번 누름]"),
    }


def test_a_nine_is_an_emergency_even_before_anybody_said_who_they_are(door: Door) -> None:
    assessment, check_in, found = listened(checked(("", 9), who=AnsweredBy.UNKNOWN, end_reason=""))
    assert assessment.level is Level.EMERGENCY
    assert found[SignalCode.HEALTH_ACUTE][1:] == (Detector.KEYPAD, "[9번 누름]")
    assert assessment.unknown == ["meals", "sleep", "mood"]
    assert check_in.state is CheckInState.NOT_ACCOUNTED, "how they are otherwise is not known"


def test_what_was_not_answered_is_not_known_and_a_zero_wants_a_person(door: Door) -> None:
    assessment, _, _ = listened(checked(("", 1), ("meals", 1), ("", 0), end_reason="asked_for_person"))
    assert assessment.unknown == ["sleep", "mood"]
    assert assessment.wants_human


def test_somebody_else_who_pressed_keys_is_not_the_resident(door: Door) -> None:
    _, check_in, _ = listened(checked(("", 2), ("", 2), who=AnsweredBy.OTHER, end_reason="other_person"))
    assert (check_in.state, check_in.reason) == (CheckInState.NOT_ACCOUNTED, "other_person")


def test_words_spoken_in_a_check_are_understood_by_the_model_and_the_fact_is_answered(door: Door) -> None:
    door.answers(facts=[{"code": "meals", "status": "answered"}], unknown=["sleep", "mood"])
    check_in_id = checked(("", 1), ("meals", "국수를 먹었어요"), ("sleep", 2), consents=EVERYWHERE)
    assessment, _, found = listened(check_in_id)
    assert (assessment.unknown, assessment.failed) == (["mood"], "")
    assert set(found) == {SignalCode.SLEEP}
    with db.transaction() as session:
        note = session.exec(select(FactNote).where(FactNote.fact == "meals")).one()
        assert note.state is FactState.ANSWERED


def test_a_model_that_is_still_down_leaves_words_not_understood_but_keys_are(door: Door) -> None:
    door.fails(500)
    assessment, check_in, found = listened(
        checked(("", 1), ("meals", "국수를 먹었어요"), ("sleep", 2), consents=EVERYWHERE)
    )
    assert assessment.failed
    assert assessment.unknown[:2] == ["meals", "mood"]
    assert set(found) == {SignalCode.SLEEP}
    assert check_in.state is CheckInState.NOT_ACCOUNTED


@pytest.mark.parametrize("path", list(Path))
def test_nothing_is_sent_of_somebody_who_does_not_agree_to_it_any_more(door: Door, path: Path) -> None:
    """P-08: asked before every sending, whatever the call was."""
    assessment, _, found = listened(checked(("", 1), ("meals", "넘어져서 못 일어나겠어요"), path=path))
    assert (door.asked, door.heard) == ([], [])
    assert assessment.level is Level.EMERGENCY
    assert found[SignalCode.FALL][1] is Detector.NET
    assert bool(assessment.failed) is (path is Path.TALK), "words nobody understood are never fine"


def test_the_newest_assessment_stands_alone(door: Door) -> None:
    check_in_id = checked(("", 1), ("meals", 1), ("sleep", 1), ("mood", 1))
    listened(check_in_id)
    with db.transaction() as session:
        assert len(session.exec(select(Assessment).where(col(Assessment.check_in_id) == check_in_id)).all()) == 1
