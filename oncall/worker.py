"""The whole flow, top to bottom: what the clock does, and what each job does when its row is ready.

A check-in falls due, is dialled, is spoken, is listened to, and a household that needs a person becomes a case. Each
stage takes a row from one named state to the next and never calls another stage; they meet only here. Jobs are put
into the queue inside the transaction of the row they serve, hold nothing but ids, and may run twice: the second time
changes nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Thread
from uuid import UUID

import procrastinate
import structlog
from procrastinate import RetryStrategy

from oncall import clock, db
from oncall.call import breaker, dialling, drilling, erasing, joining, paging, room, sweep, voice
from oncall.call.pulse import pulse
from oncall.follow_up import alarms, cases, drills, escalation, gaps, requests
from oncall.gateways import watcher
from oncall.listen import safety, understand, written
from oncall.models import Alarm, CheckIn, CheckInState, NodeKind, Resident, Review, heartbeat
from oncall.models.heartbeat import EVERY_SECONDS
from oncall.report import accounted
from oncall.schedule import claim, due, later, left_over, staffing, webs
from oncall.schedule.lane import planned_lines
from oncall.settings import settings

log = structlog.get_logger()
jobs = procrastinate.App(connector=procrastinate.PsycopgConnector())

WATCHER_EVERY_SECONDS = 60
PAGE_JOB_LATE = timedelta(seconds=2)  # a page's job has begun by then, or all hands are full
AGAIN = RetryStrategy(max_attempts=6, exponential_wait=3)


# -- the clock: a few heartbeats, each safe to miss and safe to run on every node


def tick() -> None:
    """Lay out the check-ins that fall due, and give the next ones a line: enrolment -> DUE -> DIALLING."""
    now, config = clock.now(), settings()
    with db.transaction() as session:
        due.lay_out(session, now)
    with db.transaction() as session:
        staffing.look(session, now)
        room.look(session, now)
        webs.look(session, now)
    with db.transaction() as session:
        claim.claim(session, now, lines=planned_lines(config.lines), cps=config.cps)
    pulse.ticked()


def look_after_calls() -> None:
    """Settle calls whose placing was unclear, and set going again whatever stands still."""
    dialling.reconcile(clock.now())
    sweep.sweep(clock.now())


def look_after_carrier() -> None:
    """Try a carrier again that was left alone, when its pause is over."""
    breaker.try_again(clock.now())


def look_after_alarms() -> None:
    """Put every alarm on a case, whatever became of its job."""
    more = True
    while more:
        with db.transaction() as session:
            more = cases.pick_up(session, clock.now())


def look_after_slots() -> None:
    """Leave no planned slot in silence: those left over, and findings that stand on no case, go to people by name."""
    now = clock.now()
    with db.transaction() as session:
        left_over.give_to_people(session, now)
    with db.transaction() as session:
        gaps.assessed_without_case(session, now)
        silent = gaps.silent_without_case(session, now)
    for check_in in silent:
        hand_over(str(check_in))


def account() -> None:
    """Twice a day: what every planned call came to, and who is not accounted for."""
    with db.transaction() as session:
        accounted.make_due(session, clock.now())
    accounted.tell_outside(clock.now())


def look_after_voice() -> None:
    """Have the fixed lines spoken that nobody has spoken yet: all at the first start, then whatever was changed."""
    voice.render(clock.now())


def escalate_alarms() -> None:
    """Ask the next person about every alarm nobody has yet, and send the pages whose jobs are late."""
    now = clock.now()
    with db.transaction() as session:
        waiting = escalation.standing(session, now)
    for alarm in waiting:
        with db.transaction() as session:
            escalation.escalate(session, alarm, now)
    with db.transaction() as session:
        late = escalation.unsent(session, now - PAGE_JOB_LATE)
    for one in late:
        # Each on its own: a carrier that does not answer must not keep the others from being asked.
        Thread(target=calmly, args=[partial(paging.send, one, now)], name="late page", daemon=True).start()


def hold_drill() -> None:
    """Once a shift: a marked emergency from its words to the person on duty; what fails is an incident (R-27)."""
    now = clock.now()
    with db.transaction() as session:
        drills.end_late(session, now)
        begun = drills.begin(session, now) if settings().drill else []
    for drill in begun:
        drilling.raise_alarm(drill, safety.hear, now)


def beat() -> None:
    """Leave a sign that this worker's clock ticks, for every other process and `oncall doctor` to see."""
    pulse.beat(NodeKind.WORKER, clock.now())
    with db.transaction() as session:
        heartbeat.forget(session, clock.now())


def tell_watcher() -> None:
    """Let the watcher outside hear that the clock ticks; silence is its alarm, so a clock that fails says nothing."""
    url = settings().watcher_url
    if url is None:
        return
    if not pulse.is_well():
        log.error("watcher_not_told", reason="clock")
    elif not watcher.tick(url):
        log.warning("watcher_not_told", reason="no_answer")


HEARTBEATS = {
    tick: 1, escalate_alarms: 2, look_after_calls: 20, look_after_alarms: 15, look_after_voice: 180,
    look_after_carrier: 5, look_after_slots: 60, account: 60,
    hold_drill: 20, beat: EVERY_SECONDS, tell_watcher: WATCHER_EVERY_SECONDS,
}  # fmt: skip
FIRST = {look_after_voice: 0, beat: 2, tell_watcher: 5}  # seconds; heartbeats that do not wait for their first interval


def calmly(beat: Callable[[], None]) -> None:
    """Do it; what fails is logged, and the next beat comes all the same."""
    try:
        beat()
    except Exception:
        log.exception("heartbeat_failed", beat=getattr(beat, "__name__", "once"))


# -- the jobs, in the order a check-in meets them


@jobs.task(name="place_call")
def place_call(attempt: str) -> None:
    """DIALLING: ask the carrier, once."""
    dialling.place_call(UUID(attempt), clock.now())


@jobs.task(name="hang_up_on_machine", retry=AGAIN)
def hang_up_on_machine(attempt: str) -> None:
    """A voicemail is not a resident: end the call."""
    sweep.hang_up_on_machine(UUID(attempt))


@jobs.task(name="leave_word", retry=AGAIN)
def leave_word(attempt: str) -> None:
    """A voicemail is told who called, where the city wants that; it is no resident either way."""
    sweep.leave_word(UUID(attempt))


@jobs.task(name="hang_up", retry=AGAIN)
def hang_up(attempt: str) -> None:
    """They rang us while we rang them: let our own call go."""
    sweep.hang_up(UUID(attempt))


@jobs.task(name="asked", retry=AGAIN)
def asked(resident: str, urgent: bool = False) -> None:
    """Somebody rang us outside a check-in and asked for a person."""
    with db.transaction() as session:
        cases.asked(session, session.get_one(Resident, UUID(resident)), clock.now(), urgent=urgent)


@jobs.task(name="alarmed", retry=AGAIN)
def alarmed(alarm: str) -> None:
    """While the call goes on: danger was heard, a case stands before the caseworkers and the first person is asked."""
    with db.transaction() as session:
        cases.alarmed(session, session.get_one(Alarm, UUID(alarm)), clock.now())
        escalation.escalate(session, UUID(alarm), clock.now())
    paging.stay_on_line(UUID(alarm))


@jobs.task(name="answer_for_case", retry=AGAIN)
def answer_for_case(alarm: str) -> None:
    """Somebody took the emergency by telephone: the case is theirs as if they had taken it on the screen."""
    with db.transaction() as session:
        alarms.answer_for_case(session, session.get_one(Alarm, UUID(alarm)), clock.now())


@jobs.task(name="escalate", retry=AGAIN)
def escalate(alarm: str) -> None:
    """A page failed, was passed on, or its person left: the next rung of the ladder, if it is due now."""
    with db.transaction() as session:
        escalation.escalate(session, UUID(alarm), clock.now())


@jobs.task(name="ask_in_drill", retry=AGAIN)
def ask_in_drill(drill: str) -> None:
    """A drill's words are written down: the person on duty is asked as in an emergency."""
    with db.transaction() as session:
        drills.ask(session, UUID(drill), clock.now())


@jobs.task(name="page")
def page(page: str) -> None:
    """Ask one person, by telephone or text message, once."""
    paging.send(UUID(page), clock.now())


@jobs.task(name="bring", retry=AGAIN)
def bring(page: str) -> None:
    """Somebody on duty pressed 1: the resident's call is led to them."""
    joining.bring(UUID(page))


@jobs.task(name="keep_company", retry=AGAIN)
def keep_company(alarm: str) -> None:
    """They left and the resident is still there: back to us, until the next person comes."""
    joining.keep_company(UUID(alarm))


@jobs.task(name="settle", retry=AGAIN)
def settle(attempt: str) -> None:
    """The call is over: HEARD, or missed (-> DUE again, -> UNREACHED), or NOT_ACCOUNTED."""
    sweep.settle(UUID(attempt), clock.now())


@jobs.task(name="erase_recording", retry=AGAIN)
def erase_recording(attempt: str) -> None:
    """They do not want it kept: the sound of the call goes, here and at the carrier."""
    erasing.erase(UUID(attempt), clock.now())


@jobs.task(name="listen", retry=AGAIN)
def listen(check_in: str) -> None:
    """HEARD -> ASSESSED (or NOT_ACCOUNTED), and the household's case in the same transaction."""
    with db.transaction() as session:
        if session.get_one(CheckIn, UUID(check_in)).state is not CheckInState.HEARD:
            return
    understood = understand.understand(UUID(check_in), clock.now())
    with db.transaction() as session:
        assessment = written.write_down(session, understood, clock.now())
        if assessment is None:
            return
        case = cases.follow_up(session, assessment, clock.now())
        case = requests.not_come(session, assessment, clock.now()) or case
        row = session.get_one(CheckIn, UUID(check_in))
        if cases.may_be_called_again(assessment) and later.call_again(session, row, clock.now()) is None:
            case = cases.put_off(session, assessment, clock.now()) or case
        if case is None and row.state is CheckInState.NOT_ACCOUNTED:
            cases.not_understood(session, row, row.reason, clock.now())


@jobs.task(name="found_on_review", retry=AGAIN)
def found_on_review(review: str) -> None:
    """A person who read the call heard more in it than the machine did."""
    with db.transaction() as session:
        row = session.get(Review, UUID(review))
        if row is not None:  # taken back before anybody acted on it
            cases.found_on_review(session, row, clock.now())


@jobs.task(name="hand_over", retry=AGAIN)
def hand_over(check_in: str) -> None:
    """UNREACHED, HELD or NOT_ACCOUNTED: silence is a finding, and a person takes it from here."""
    with db.transaction() as session:
        row, now = session.get_one(CheckIn, UUID(check_in)), clock.now()
        match row.state:
            case CheckInState.UNREACHED:
                cases.unreached(session, row, now)
            case CheckInState.HELD:
                cases.held(session, row, now)
            case CheckInState.NOT_ACCOUNTED:
                cases.not_understood(session, row, row.reason, now)
