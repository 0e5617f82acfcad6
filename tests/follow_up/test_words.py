"""The sentence that stands beside a case in the queue: why somebody must be rung, in ten seconds."""

from datetime import timedelta

from sqlmodel import Session

from oncall.follow_up import cases
from oncall.follow_up.words import main_words
from oncall.models import Attempt, Case, Level, SignalCode
from tests.makers import NOON, make_alarm, make_attempt, make_check_in, make_resident


def told(session: Session, call: Attempt, *alarms: tuple[str, SignalCode, Level, int]) -> Case:
    """What was heard in this call, each some seconds after noon."""
    for quote, code, level, second in alarms:
        at = NOON + timedelta(seconds=second)
        case = cases.alarmed(session, make_alarm(session, call, quote, code=code, level=level, at=at), at)
    assert case is not None
    return case


def test_of_one_call_it_is_what_the_emergency_began_with(session: Session) -> None:
    call = make_attempt(session, make_check_in(session, make_resident(session)), call_sid="CA1")
    case = told(session, call, ("좀 어지러워요", SignalCode.HEALTH_ACUTE, Level.URGENT, 0),
                ("검사라는 사람이 돈 보내래요", SignalCode.SCAM, Level.EMERGENCY, 10),
                ("아무한테도 말하지 말랬어요", SignalCode.ISOLATION, Level.EMERGENCY, 20))  # fmt: skip
    found = main_words(session, [case])[case.id]
    assert (found.code, found.quote) == (SignalCode.SCAM, "검사라는 사람이 돈 보내래요")


def test_of_several_calls_it_is_the_last_ones(session: Session) -> None:
    check_in = make_check_in(session, make_resident(session))
    first = make_attempt(session, check_in, call_sid="CA1")
    told(session, first, ("넘어졌어요", SignalCode.FALL, Level.EMERGENCY, 0))
    again = make_attempt(session, check_in, call_sid="CA2")
    case = told(session, again, ("가슴이 조여요", SignalCode.CHEST_PAIN, Level.EMERGENCY, 60),
                ("숨이 차요", SignalCode.BREATHING, Level.EMERGENCY, 70))  # fmt: skip
    assert main_words(session, [case])[case.id].code is SignalCode.CHEST_PAIN
