"""What a call teaches about somebody's pace, and that the next call keeps to it."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from oncall.call.entry import Learned
from oncall.call.line import Line
from oncall.call.pace import CUT_IN_MS, LESS_PATIENCE_MS, MORE_PATIENCE_MS, TURNS_THAT_TEACH, Pace
from oncall.call.session import session_update
from oncall.models import Manner
from oncall.models.manner import LEAST_PATIENCE_MS, MOST_PATIENCE_MS, PATIENCE_MS, SLOWEST
from tests.call.test_talk import Call
from tests.makers import NOON, make_attempt, make_check_in, make_resident, make_staff


def spoken(pace: Pace, pauses: list[int]) -> Pace:
    """Turns of four seconds, each going on after so many milliseconds of our having taken the turn."""
    at = 0
    for pause in pauses:
        at += 4000
        pace.they_stopped(at)
        at += pause
        pace.they_began(at)
    return pace


def test_who_goes_on_right_after_we_took_the_turn_twice_is_given_longer_pauses() -> None:
    assert spoken(Pace(0.9, 1200), [CUT_IN_MS - 1, 5000, 200]).learned() == {"patience_ms": 1200 + MORE_PATIENCE_MS}
    assert spoken(Pace(0.9, 1200), [CUT_IN_MS - 1, 5000]).learned() == {}, "once is chance"
    assert spoken(Pace(0.9, MOST_PATIENCE_MS), [10, 10]).learned() == {"patience_ms": MOST_PATIENCE_MS}


def test_a_long_call_in_which_we_never_cut_in_shortens_them_a_little_and_never_below_the_least() -> None:
    calm = [5000] * TURNS_THAT_TEACH
    assert spoken(Pace(0.9, 1200), calm).learned() == {"patience_ms": 1200 - LESS_PATIENCE_MS}
    assert spoken(Pace(0.9, 1200), calm[1:]).learned() == {}
    patience = 1200
    for _ in range(50):
        patience = spoken(Pace(0.9, patience), calm).learned().get("patience_ms", patience)
    assert patience >= LEAST_PATIENCE_MS


def test_slower_is_slower_each_time_it_is_asked_for_down_to_the_slowest() -> None:
    pace = Pace(0.9, 1200)
    speeds = [pace.slower() for _ in range(6)]
    assert speeds == sorted(speeds, reverse=True)
    assert speeds[-1] == SLOWEST


async def test_a_call_in_which_we_cut_in_twice_is_remembered_at_its_end() -> None:
    """On the clock of the sound, so that it is the same at any speed."""
    call = Call()
    for turn in range(3):
        call.frames(20)
        call.resident_says(f"u{turn}", "네, 그게 말이지요")
    call.talk.fail("model_down")
    (learned,) = [entry for entry in call.of(Learned) if "patience_ms" in entry.change]
    assert learned.change == {"patience_ms": PATIENCE_MS + MORE_PATIENCE_MS}
    assert not learned.asked


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_next_call_keeps_to_it_unless_a_caseworker_set_it(session: Session, by_hand: bool) -> None:
    resident = make_resident(session)
    session.add(Manner(resident_id=resident.id, patience_ms=1200, changed_at=NOON,
                       set_by=make_staff(session).id if by_hand else None))  # fmt: skip
    session.flush()
    line = Line.of(session, make_attempt(session, make_check_in(session, resident)))
    Learned(line, {"patience_ms": 1450}, asked=False, at=NOON).write(session)
    Learned(line, {"speed": 0.75}, asked=True, at=NOON).write(session)
    session.flush()
    later = make_check_in(session, resident, slot=NOON + timedelta(days=7))
    again = Line.of(session, make_attempt(session, later))
    told = session_update(again)["session"]["audio"]
    assert told["input"]["turn_detection"]["silence_duration_ms"] == (1200 if by_hand else 1450)
    assert told["output"]["speed"] == 0.75, "what the resident asked for holds in any case"
