"""Never twice, never skipped, never lost: whatever happens in whatever order, checked after every step (R-01 to R-04, R-24).

Hypothesis makes up histories of one small city: slots laid out, claimed by several nodes, dialled by jobs that run twice,
die or are lost, the carrier's answers late or missing, people who withdraw, die or change their number at any moment,
holds, and time passing by seconds or days. The carrier's ledger (`carrier.py`) is the judge of who was rung.

A longer run: `pytest tests/call/test_histories.py --hypothesis-profile=long` (a thousand histories of up to 60 steps).
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, col, select

from oncall.call import breaker, call_back, dialling, progress, sweep, taped
from oncall.models import (
    Attempt,
    AttemptKind,
    AttemptState,
    Campaign,
    CheckIn,
    CheckInState,
    Consent,
    ConsentScope,
    Enrolment,
    HoldReason,
    Level,
    Outcome,
    RecordingState,
    Resident,
    Standing,
)  # fmt: skip
from oncall.models import hold as holds
from oncall.models.check_in import MOVES
from oncall.schedule.cadence import is_open
from oncall.schedule.claim import claim
from oncall.schedule.due import lay_out
from oncall.schedule.left_over import give_to_people
from oncall.schedule.plan import plan_of
from oncall.settings import settings
from tests.call.carrier import NEXT, Answer, Call, Carrier, Died
from tests.conftest import examples
from tests.makers import make_alarm, make_campaign, make_city, make_resident, make_turns

MONDAY = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)  # 09:30 in Seoul, inside the window
WINDOW_MAY_HAVE_CLOSED = dialling.CLAIM_HOLDS  # since the claim that found it open
TRIES = 3
LONG_ENOUGH = timedelta(days=3)  # for everything that was begun to come to its end, with nothing but sweeps
pick = st.integers(0, 11)
dial = st.tuples(
    st.sampled_from([Answer.TAKEN, Answer.TAKEN, *Answer]),
    st.sampled_from(["", "withdraws", "new_number", "news", "reconcile", "calls_back", "same_job"]),  # meanwhile
    pick,
)


@dataclass(frozen=True)
class Life:
    """What goes on in any case between two steps: time, the plan, the dialling, and the calls themselves."""

    seconds: int
    dials: list[tuple[Answer, str, int]]  # how a request goes, what happens elsewhere meanwhile, to whom
    ways: list[tuple[int, int, str | None, bool]]  # which call goes which way, who picks up, whether that is told


life = st.builds(
    Life,
    st.sampled_from([1, 20, 50, 65, 190, 1900, 1900, 7300, 43_200]),
    st.lists(dial, max_size=3),
    st.lists(st.tuples(pick, pick, st.sampled_from([None, "human", "machine_start", "unknown"]), st.booleans()),
             max_size=4),
)  # fmt: skip


class City(RuleBasedStateMachine):
    """Four residents, two of them with one telephone, in a daily campaign; `session` is the test's own."""

    session: Session
    patch: pytest.MonkeyPatch

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.carrier = Carrier(now=lambda: self.now, asked=self._asked)
        for name in ("place", "calls_to", "look_up", "hang_up", "say_and_hang_up", "reach"):
            self.patch.setattr(f"oncall.gateways.phone.{name}", getattr(self.carrier, name))
        self.wrong: list[str] = []  # what a rule did that never may be done; the invariant says it
        self.may_not: set[Any] = set()  # residents whose no, or death, stands committed
        self.dead: set[Any] = set()
        self.ended: dict[Any, CheckInState] = {}
        self.spoke: set[Any] = set()  # check-ins in which somebody was heard
        self.numbers_before: set[str] = set()
        self.inbound = 0
        self.nested = self.session.begin_nested()

    @initialize()
    def enrol(self) -> None:
        make_city(self.session)
        self.campaign = make_campaign(
            self.session, every_seconds=86400, windows=["daily 07:00-22:00"], holidays=True, starts=date(2026, 11, 1),
            attempts=TRIES, retry_after_seconds=[1800, 7200], lines=20,
        )  # fmt: skip
        self.residents = []
        for number, phone in enumerate(["+821011110001", "+821011110002", "+821011110002", "+821011110003"]):
            resident = make_resident(self.session, external_id=f"R{number}", phone=phone, now=MONDAY)
            self.session.add(Enrolment(campaign_id=self.campaign.id, resident_id=resident.id, joined_at=MONDAY))
            self.residents.append(resident)
        self.session.flush()

    def teardown(self) -> None:
        try:
            if hasattr(self, "residents") and not self.wrong:
                self._bring_to_an_end()
        finally:
            self.nested.rollback()
            self.session.expunge_all()

    # -- the plan and the jobs

    @rule(before=life, lines=st.integers(1, 4), ahead=st.sampled_from([0.0, -2.0, 2.0]))
    def another_node_claims(self, before: Life, lines: int, ahead: float) -> None:
        self._goes_on(before)
        claim(self.session, self.now + timedelta(seconds=ahead), lines=lines, cps=5)

    @precondition(lambda self: bool(self._jobs()))
    @rule(pick=pick, dial=dial, twice=st.booleans(), lost=st.sampled_from([False, False, True]))
    def a_job_runs_or_is_lost(self, pick: int, dial: tuple[Answer, str, int], twice: bool, lost: bool) -> None:
        jobs = self._jobs()
        job, name, args = jobs[pick % len(jobs)]
        if lost or not twice:
            self._done(job)
        if lost:
            return
        if name == "place_call":
            self._dial(args, dial[0], self._elsewhere(dial[1], dial[2], args))
        else:
            self._run(name, args)

    @precondition(lambda self: bool(self._attempt(0)))
    @rule(before=life, away=st.sampled_from([False, False, True]))
    def calls_are_looked_after(self, before: Life, away: bool) -> None:
        self._goes_on(before)
        self.carrier.away = away
        dialling.reconcile(self.now)
        sweep.sweep(self.now)
        breaker.try_again(self.now)
        give_to_people(self.session, self.now)
        self.carrier.away = False

    # -- the carrier

    @precondition(lambda self: any(call.news for call in self.carrier.calls.values()))
    @rule(before=life, picks=st.lists(st.tuples(pick, pick), min_size=1, max_size=5))
    def old_news_arrives(self, before: Life, picks: list[tuple[int, int]]) -> None:
        self._goes_on(before)
        told = [call for call in self.carrier.calls.values() if call.news]
        for one, which in picks:
            call = told[one % len(told)]
            self._tell(call, call.news[which % len(call.news)])

    @precondition(lambda self: bool(self._attempt(0)))
    @rule(before=life, pick=pick, what=st.sampled_from([
        "machine_start", "human", "fax", "martian", RecordingState.READY, RecordingState.ABSENT, "done", "silence",
        "broken", "model_down"]))  # fmt: skip
    def something_is_told_of_a_call(self, before: Life, pick: int, what: str) -> None:
        """The detector's belief, the recording, or how our own side of the talk ended."""
        self._goes_on(before)
        attempt = self._attempt(pick)
        assert attempt is not None
        if isinstance(what, RecordingState):
            if attempt.call_sid and attempt.answered_at:
                taped.recording_came(self.session, attempt, f"RE{attempt.call_sid}", what, self.now)
        elif what in {"machine_start", "human", "fax", "martian"}:
            progress.machine_says(attempt, what)
        elif attempt.state is AttemptState.ANSWERED:
            attempt.end_reason = attempt.end_reason or what

    # -- the people

    @precondition(lambda self: any(call.status == "in-progress" for call in self.carrier.calls.values()))
    @rule(before=life, pick=pick, danger=st.sampled_from([False, False, False, True]))
    def somebody_speaks(self, before: Life, pick: int, danger: bool) -> None:
        """Their words are on file while the call lives: the media socket needs no message of the carrier's."""
        talking = [call for call in self.carrier.calls.values() if call.status == "in-progress"]
        attempt = self._attempt_of(talking[pick % len(talking)])
        if attempt is None or attempt.state is AttemptState.ENDED or progress.somebody_spoke(self.session, attempt):
            return
        progress.advance(self.session, attempt, AttemptState.ANSWERED, self.now)  # the carrier asked us what to say
        make_turns(self.session, attempt, ("resident", "네, 저예요"))
        self.spoke.add(attempt.check_in_id)
        if danger:
            make_alarm(self.session, attempt, at=self.now, level=Level.EMERGENCY)
        self._goes_on(before)

    @rule(before=life, pick=pick, number=st.integers(1, 5),
          what=st.sampled_from(["consent", Standing.ACTIVE, *Standing, "new_number", "new_number"]))  # fmt: skip
    def somebody_changes(self, before: Life, pick: int, what: str, number: int) -> None:
        self._goes_on(before)
        if what == "new_number":
            self._new_number(pick, number)
        elif what is Standing.ACTIVE:
            self._comes_back()
        else:
            self._withdraws(pick, what)

    @precondition(lambda self: bool(self._attempt(0)))
    @rule(before=life, pick=pick)
    def somebody_calls_back(self, before: Life, pick: int) -> None:
        self._calls_back(pick)
        self._goes_on(before)

    @rule(before=life, reason=st.sampled_from([HoldReason.BY_HAND, HoldReason.NO_DUTY]))
    def calls_are_held_or_let_go(self, before: Life, reason: HoldReason) -> None:
        self._goes_on(before)
        standing = holds.standing(self.session)
        if standing:
            holds.release(self.session, standing[0], self.now)
        else:
            holds.hold(self.session, reason, self.now)

    # -- what must be so after every step

    @invariant()
    def nothing_forbidden_was_done(self) -> None:
        assert not self.wrong, self.wrong

    @invariant()
    def one_live_attempt_for_one_resident_and_one_number(self) -> None:
        if not hasattr(self, "residents"):
            return
        live = self.session.exec(select(Attempt).where(Attempt.state != AttemptState.ENDED)).all()
        who = [attempt.resident_id for attempt in live]
        assert len(who) == len(set(who)), f"two live attempts for one resident: {live}"

    @invariant()
    def the_carrier_rings_one_number_once(self) -> None:
        """Calls of ours that were let go because they rang us are hung up by a job, and may still ring until then.

        Not promised for a number that was taken from its resident while it rang, and that another has as well.
        """
        live = [call.to for call in self.carrier.calls.values()
                if call.is_live and not self._let_go(call) and call.to not in self.numbers_before]  # fmt: skip
        assert len(live) == len(set(live)), f"rung twice at once: {live}"

    @invariant()
    def no_call_that_was_taken_counts_as_never_placed(self) -> None:
        """An ambiguous dial is reconciled, never repeated (D5): else the slot would be dialled once more."""
        for call in self.carrier.calls.values():
            attempt = self._attempt_of(call)
            assert attempt is not None
            assert attempt.outcome is not Outcome.NOT_PLACED, f"{call} counts as not placed: {attempt.error}"

    @invariant()
    def nobody_is_tried_more_often_than_allowed(self) -> None:
        if not hasattr(self, "residents"):
            return
        tries: dict[Any, int] = {}
        for call in self.carrier.calls.values():
            attempt = self._attempt_of(call)
            assert attempt is not None
            if attempt.kind is AttemptKind.PLANNED and not self._let_go(call):
                tries[attempt.check_in_id] = tries.get(attempt.check_in_id, 0) + 1
        assert all(count <= TRIES for count in tries.values()), f"tried too often: {tries}"

    @invariant()
    def every_slot_is_accounted_for(self) -> None:
        if not hasattr(self, "residents"):
            return
        for check_in in self.session.exec(select(CheckIn).execution_options(populate_existing=True)).all():
            before = self.ended.get(check_in.id)
            assert before in {None, check_in.state}, f"left its end: {before} -> {check_in.state}"
            if check_in.state.is_final:
                self.ended[check_in.id] = check_in.state
            elif check_in.state in {CheckInState.DIALLING, CheckInState.SPEAKING}:
                attempts = self.session.exec(select(Attempt).where(Attempt.check_in_id == check_in.id)).all()
                open_ = [one for one in attempts if one.outcome is None and one.kind is not AttemptKind.REDIAL]
                assert open_, f"{check_in.state} with no call that could bring it on: {attempts}"

    @invariant()
    def the_slots_of_one_person_are_days_apart(self) -> None:
        if not hasattr(self, "residents"):
            return
        for resident in self.residents:
            slots = self.session.exec(
                select(CheckIn.slot).where(CheckIn.resident_id == resident.id).order_by(col(CheckIn.slot))
            ).all()
            days = [slot.date() for slot in slots if slot.second == MONDAY.second]
            assert len(days) == len(set(days)) or self.inbound, f"two slots on one day: {slots}"

    # -- the pieces

    def _goes_on(self, life: Life) -> None:
        self.now += timedelta(seconds=life.seconds)
        lay_out(self.session, self.now)
        claim(self.session, self.now, lines=4, cps=5)
        for (job, _, args), (answer, meanwhile, pick) in zip(self._jobs("place_call"), life.dials, strict=False):
            self._done(job)
            self._dial(args, answer, self._elsewhere(meanwhile, pick, args))
        for pick, way, who, told in life.ways:
            if live := self._live():
                call = live[pick % len(live)]
                call.goes(
                    NEXT[call.status][way % len(NEXT[call.status])], who if call.status == "in-progress" else None
                )
                if told:
                    self._tell(call, call.news[-1])

    def _asked(self, to: str, token: str) -> None:
        """The moment a request leaves us: everything that stands committed must allow it."""
        attempt = self.session.exec(select(Attempt).where(Attempt.token == token)).one()
        resident = self.session.get_one(Resident, attempt.resident_id)
        campaign = self.session.get_one(Campaign, attempt.campaign_id)
        if any(call.token == token for call in self.carrier.calls.values()):
            self.wrong.append("one attempt was dialled twice")
        if attempt.resident_id in self.dead:
            self.wrong.append("somebody who died was dialled")
        if attempt.kind is AttemptKind.REDIAL:
            return
        if attempt.resident_id in self.may_not:
            self.wrong.append("dialled after their no")
        if holds.standing(self.session):
            self.wrong.append("dialled under a hold")
        if attempt.check_in_id in self.spoke:
            self.wrong.append("dialled again for a slot in which they had spoken")
        if to != resident.phone:
            self.wrong.append("dialled an old number")
        plan = plan_of(campaign, resident, MONDAY)
        if not is_open(plan, self.now) and not is_open(plan, self.now - WINDOW_MAY_HAVE_CLOSED):
            self.wrong.append(f"dialled outside the window, at {self.now}")

    def _jobs(self, only: str = "") -> list[tuple[int, str, dict[str, str]]]:
        rows = self.session.execute(sa.text(
            "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo' AND task_name <> 'hand_over' "
            "AND (scheduled_at IS NULL OR scheduled_at <= :now) ORDER BY id"), {"now": self.now})  # fmt: skip
        return [(job, name, args) for job, name, args in rows if not only or name == only]

    def _run(self, name: str, args: dict[str, str]) -> None:
        match name:
            case "place_call":
                dialling.place_call(_id(args["attempt"]), self.now)
            case "settle":
                sweep.settle(_id(args["attempt"]), self.now)
            case "hang_up":
                sweep.hang_up(_id(args["attempt"]))
            case "hang_up_on_machine":
                sweep.hang_up_on_machine(_id(args["attempt"]))
            case "listen":
                row = self.session.get_one(CheckIn, _id(args["check_in"]))
                row.move(CheckInState.ASSESSED, self.now)

    def _elsewhere(self, what: str, pick: int, args: dict[str, str]) -> Callable[[], None] | None:
        """Something that happens on another node, or at the carrier, while our request is on its way."""

        def same_job() -> None:
            dialling.place_call(_id(args["attempt"]), self.now)

        def reconcile() -> None:
            dialling.reconcile(self.now + timedelta(seconds=9))

        return {
            "withdraws": lambda: self._withdraws(pick, Standing.WITHDRAWN),
            "new_number": lambda: self._new_number(pick, pick),
            "news": lambda: self._goes_and_tells(pick), "reconcile": reconcile,
            "calls_back": lambda: self._calls_back(pick), "same_job": same_job,
        }.get(what)  # fmt: skip

    def _goes_and_tells(self, way: int) -> None:
        if live := [call for call in self.carrier.calls.values() if call.is_live]:
            call = live[-1]
            call.goes(NEXT[call.status][way % len(NEXT[call.status])])
            self._tell(call, call.news[-1])

    def _tell(self, call: Call, news: dict[str, str]) -> None:
        """`webhooks.status`, from `attempt_of` on."""
        attempt = self._attempt_of(call)
        if attempt is None or (attempt.call_sid and attempt.call_sid != call.sid):
            return
        progress.carrier_says(self.session, attempt, news["CallStatus"], self.now, call_sid=call.sid,
                              answered_by=news.get("AnsweredBy"))  # fmt: skip

    def _attempt_of(self, call: Call) -> Attempt | None:
        return self.session.exec(select(Attempt).where(Attempt.token == call.token)).first()

    def _let_go(self, call: Call) -> bool:
        attempt = self._attempt_of(call)
        return attempt is not None and attempt.error == progress.CALLED_BACK

    def _attempt(self, pick: int) -> Attempt | None:
        rows = self.session.exec(
            select(Attempt).join(CheckIn).join(Resident, col(Resident.id) == CheckIn.resident_id)
            .order_by(col(CheckIn.slot), col(Resident.external_id), col(Attempt.number))
        ).all()  # fmt: skip
        return rows[pick % len(rows)] if rows else None

    def _resident(self, pick: int) -> Resident:
        return self.residents[pick % len(self.residents)]

    def _live(self) -> list[Call]:
        return [call for call in self.carrier.calls.values() if call.is_live]

    def _done(self, job: int) -> None:
        self.session.execute(sa.text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": job})

    def _dial(self, args: dict[str, str], answer: Answer, meanwhile: Callable[[], None] | None = None) -> None:
        self.carrier.answer, self.carrier.meanwhile = answer, meanwhile
        with suppress(Died):
            self._run("place_call", args)
        self.carrier.answer, self.carrier.meanwhile = Answer.TAKEN, None

    def _consents(self, resident: Resident, *, given: bool) -> None:
        self.session.add(Consent(
            resident_id=resident.id, scope=ConsentScope.SERVICE, given=given, text_version="t", text_sha256="0" * 64,
            channel="phone", given_at=self.now, recorded_at=self.now,
        ))  # fmt: skip
        self.session.flush()

    def _comes_back(self) -> None:
        for resident in self.residents:
            if resident.id in self.may_not - self.dead:
                resident.standing, resident.changed_at = Standing.ACTIVE, self.now
                self._consents(resident, given=True)
                self.may_not.discard(resident.id)

    def _withdraws(self, pick: int, how: Any) -> None:
        resident = self._resident(pick)
        if how == "consent":
            self._consents(resident, given=False)
        elif resident.standing is not Standing.DECEASED:
            assert isinstance(how, Standing)
            resident.standing, resident.changed_at = how, self.now
            if how is Standing.DECEASED:
                self.dead.add(resident.id)
        self.may_not.add(resident.id)
        self.session.flush()

    def _new_number(self, pick: int, number: int) -> None:
        resident = self._resident(pick)
        self.numbers_before.add(resident.phone)
        resident.reachable_at(f"+82101111{number:04d}", None)
        resident.changed_at = self.now
        self.session.flush()

    def _calls_back(self, pick: int) -> None:
        self.inbound += 1
        resident = self._resident(pick)
        who = call_back.callers(self.session, resident.phone)
        sid = f"CAin{self.inbound}"
        if attempt := call_back.take_up(self.session, who, sid, self.now):
            self.carrier.calls[sid] = Call(sid, f"inbound {self.inbound}", attempt.token, self.now, "in-progress")
            self.session.flush()

    def _bring_to_an_end(self) -> None:
        """From here nothing but the heartbeats: every call ends, no message and no job of it arrives; all is found."""
        while standing := holds.standing(self.session):
            holds.release(self.session, standing[0], self.now)
        until = self.now + LONG_ENOUGH
        mine = {row.id for row in self.session.exec(select(CheckIn)).all()}
        while self.now < until:
            for call in self.carrier.calls.values():
                if call.is_live:
                    call.goes("completed" if call.status == "in-progress" else "no-answer")
            dialling.reconcile(self.now)
            sweep.sweep(self.now)
            give_to_people(self.session, self.now)
            claim(self.session, self.now, lines=4, cps=100)
            for job, name, args in self._jobs():
                self._done(job)
                if name in {"place_call", "listen"}:
                    self._run(name, args)
            self.nothing_forbidden_was_done()
            self.every_slot_is_accounted_for()
            self.no_call_that_was_taken_counts_as_never_placed()
            self.nobody_is_tried_more_often_than_allowed()
            rows = self.session.exec(select(CheckIn).where(col(CheckIn.id).in_(mine))).all()
            waiting = [row for row in rows if not row.state.is_final]
            if not waiting:
                return
            soonest = min((row.due_at for row in waiting if row.state is CheckInState.DUE), default=self.now)
            busy = any(row.state is not CheckInState.DUE for row in waiting)
            self.now = self.now + timedelta(minutes=20) if busy else max(soonest, self.now + timedelta(minutes=1))
        raise AssertionError(f"silent after {LONG_ENOUGH}: {waiting}")


def _id(text: str) -> Any:
    from uuid import UUID

    return UUID(text)


@pytest.fixture
def guarded() -> Iterator[None]:
    """No row leaves its allowed moves, whoever sets its state."""

    def check_in_moves(row: CheckIn, to: Any, was: Any, _: Any) -> None:
        if isinstance(was, CheckInState) and was != to and CheckInState(to) not in MOVES[was]:
            raise AssertionError(f"a check-in went from {was} to {to}")

    def attempt_moves(row: Attempt, to: Any, was: Any, _: Any) -> None:
        if isinstance(was, AttemptState) and AttemptState(to).rank < was.rank:
            raise AssertionError(f"an attempt went back from {was} to {to}")

    def outcome_stays(row: Attempt, to: Any, was: Any, _: Any) -> None:
        if was is not None and not isinstance(was, sa.orm.LoaderCallableStatus) and to != was:
            raise AssertionError(f"an outcome changed from {was} to {to}")

    watched = [(CheckIn.state, check_in_moves), (Attempt.state, attempt_moves), (Attempt.outcome, outcome_stays)]
    for attribute, listener in watched:
        sa.event.listen(attribute, "set", listener, active_history=True)
    yield
    for attribute, listener in watched:
        sa.event.remove(attribute, "set", listener)


def test_whatever_happens_nobody_is_called_twice_and_no_slot_is_lost(
    session: Session, one_session: pytest.MonkeyPatch, guarded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCALL_LEAST_FREE_MB", "0")
    settings.cache_clear()
    machine = type("City", (City,), {"session": session, "patch": one_session})
    run_state_machine_as_test(machine, settings=hypothesis_settings(
        max_examples=examples(12, many=200), stateful_step_count=examples(20, many=40), deadline=None,
        suppress_health_check=list(HealthCheck), print_blob=True, phases=[Phase.generate],
    ))  # fmt: skip
