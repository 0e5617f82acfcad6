"""The line dropped after a risk phrase: rung again once, outside tries and windows, and never taken for calm (H-40)."""

from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from oncall import clock
from oncall.call import dialling, progress, replay
from oncall.call.alarm_entry import Raised
from oncall.call.conversation import Conversation
from oncall.call.course import Course
from oncall.call.line import Line
from oncall.call.redial import standing_alarm
from oncall.call.spool import SpoolFile, kept_of
from oncall.models import (
    AlarmState,
    Attempt,
    AttemptKind,
    AttemptState,
    CheckIn,
    CheckInState,
    Level,
    Outcome,
    SignalCode,
    Speaks,
)  # fmt: skip
from oncall.models.risk import Detector
from tests.call.test_talk import Call
from tests.makers import NOON, make_alarm, make_attempt, make_campaign, make_check_in, make_resident, make_turns


@pytest.fixture
def dropped(session: Session) -> Attempt:
    """A call that has just ended, in which somebody said that they cannot get up."""
    check_in = make_check_in(session, make_resident(session), make_campaign(session, attempts=1),
                             state=CheckInState.SPEAKING)  # fmt: skip
    attempt = make_attempt(session, check_in, state=AttemptState.ENDED, call_sid="CA1", ended_at=NOON)
    make_turns(session, attempt, ("resident", "넘어져서 못 일어나겠어"))
    return attempt


def redials(session: Session) -> list[Attempt]:
    return list(session.exec(select(Attempt).where(Attempt.kind == AttemptKind.REDIAL)))


def test_it_is_rung_again_once_and_the_check_in_is_listened_to(session: Session, dropped: Attempt) -> None:
    make_alarm(session, dropped)
    progress.settle(session, dropped, NOON)
    (again,) = redials(session)
    dropped.outcome = None
    progress.settle(session, dropped, NOON)
    assert redials(session) == [again]
    assert session.get_one(CheckIn, dropped.check_in_id).state is CheckInState.HEARD
    jobs = session.execute(
        sa.text("SELECT task_name, priority FROM procrastinate_jobs WHERE scheduled_at IS NULL ORDER BY id")
    ).all()
    assert ("place_call", 100) in [tuple(job) for job in jobs]
    alarm = standing_alarm(session, again)
    assert alarm is not None
    assert alarm.attempt_id == dropped.id


def test_nobody_is_rung_again_who_fears_somebody_at_home(session: Session, dropped: Attempt) -> None:
    """A4: whoever they fear may pick up; beside a graver danger of another kind as well."""
    make_alarm(session, dropped)
    make_alarm(session, dropped, "아들이 때려요", code=SignalCode.ABUSE_NEGLECT, level=Level.URGENT)
    progress.settle(session, dropped, NOON)
    assert redials(session) == []


@pytest.mark.parametrize("end", [["ringing", "in-progress", "completed"], ["busy"], ["no-answer"], ["failed"]])
def test_the_redial_moves_no_check_in_and_is_not_followed_by_another(
    session: Session, dropped: Attempt, end: list[str]
) -> None:
    make_alarm(session, dropped)
    progress.settle(session, dropped, NOON)
    check_in = session.get_one(CheckIn, dropped.check_in_id)
    (again,) = redials(session)
    for status in end:
        progress.carrier_says(session, again, status, NOON, call_sid="CA2")
    progress.settle(session, again, NOON)
    assert again.outcome is not None
    assert (check_in.state, check_in.attempts_made) == (CheckInState.HEARD, 1)
    assert len(redials(session)) == 1


@pytest.mark.parametrize(("state", "level"), [
    (AlarmState.JOINED, Level.EMERGENCY), (AlarmState.CLOSED, Level.EMERGENCY), (AlarmState.RAISED, Level.URGENT),
])  # fmt: skip
def test_nobody_is_rung_again_whom_a_person_has_or_who_is_in_no_danger_now(
    session: Session, dropped: Attempt, state: AlarmState, level: Level
) -> None:
    make_alarm(session, dropped, state=state, level=level)
    progress.settle(session, dropped, NOON)
    assert redials(session) == []


async def test_a_child_who_cried_for_help_is_spoken_to_as_a_child(session: Session, dropped: Attempt) -> None:
    """C-33: also in the call after the line dropped; who said it stands on the alarm."""
    call = Call()
    call.frames(20)
    call.resident_says("u1", "할머니가 안 일어나요")
    (raised,) = [entry for entry in call.written if isinstance(entry, Raised)]
    assert raised.speaks is Speaks.CHILD
    make_alarm(session, dropped, speaks=raised.speaks)
    progress.settle(session, dropped, NOON)
    (again,) = redials(session)
    line = Line.of(session, again)
    course = Course(line, Conversation(line, lambda *_: None))
    assert [cue.key for cue in course.begins().cues] == ["call_again"]
    assert [cue.key for cue in course.emergency.heard("아니요")] == ["hold_child", "fact_where_child"]


@pytest.mark.parametrize(("ago", "rung"), [(timedelta(seconds=5), 1), (timedelta(minutes=11), 0)])
def test_an_alarm_that_came_late_from_the_spool_has_them_rung_again(
    session: Session, dropped: Attempt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ago: timedelta, rung: int
) -> None:
    """R-08, R-21: the call was settled before its alarm was there; twice brought, once rung."""
    progress.settle(session, dropped, NOON)
    assert redials(session) == []
    dropped.ended_at = clock.now() - ago
    session.flush()
    monkeypatch.setattr(replay, "transaction", lambda: nullcontext(session))
    file = SpoolFile.new(tmp_path, "alarms")
    file.keep(
        kept_of(
            Raised(Line.of(session, dropped), SignalCode.FALL, Level.EMERGENCY, Detector.NET, "넘어졌어", 9.0, NOON)
        )
    )
    for _ in range(2):
        assert replay.bring([file], lambda *_: None)
    assert len(redials(session)) == rung
    assert standing_alarm(session, dropped) is not None


def test_an_alarm_written_down_after_its_call_was_settled_has_them_rung_again(
    session: Session, dropped: Attempt
) -> None:
    """R-21: by the pen itself, behind a database that was slow; nothing is rung while the call goes on."""
    late = Raised(Line.of(session, dropped), SignalCode.FALL, Level.EMERGENCY, Detector.NET, "넘어졌어", 9.0, NOON)
    dropped.state, dropped.ended_at = AttemptState.ANSWERED, None
    late.write(session)
    assert redials(session) == []
    dropped.state, dropped.ended_at = AttemptState.ENDED, clock.now()
    Raised(late.line, late.code, late.level, late.detector, late.quote, 12.0, NOON).write(session)
    assert len(redials(session)) == 1


def test_the_dead_are_not_rung(session: Session, dropped: Attempt) -> None:
    make_alarm(session, dropped)
    resident = session.get_one(CheckIn, dropped.check_in_id).resident_id
    session.execute(sa.text("UPDATE resident SET standing = 'deceased' WHERE id = :id"), {"id": resident})
    progress.settle(session, dropped, NOON)
    assert redials(session) == []


def test_stop_calling_said_in_danger_does_not_stop_the_redial(session: Session, dropped: Attempt) -> None:
    make_alarm(session, dropped)
    resident_id = dropped.resident_id
    session.execute(sa.text("UPDATE resident SET standing = 'withdrawn' WHERE id = :id"), {"id": resident_id})
    session.expire_all()
    progress.settle(session, dropped, NOON)
    (again,) = redials(session)
    assert dialling._commit_intention(session, again.id, NOON + timedelta(seconds=4)) is not None
    assert again.state is AttemptState.UNCERTAIN


def test_a_redial_that_could_not_be_placed_leaves_everything_as_it_was(session: Session, dropped: Attempt) -> None:
    make_alarm(session, dropped)
    progress.settle(session, dropped, NOON)
    (again,) = redials(session)
    progress.not_placed(session, again, "21211", NOON, bad_number=True)
    assert again.outcome is Outcome.NOT_PLACED
    assert session.get_one(CheckIn, dropped.check_in_id).state is CheckInState.HEARD
