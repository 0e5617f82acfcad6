"""Laying out and claiming: every slot once, and never a call beyond the lines, the pace, the windows or a no."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from oncall.models import (
    Attempt,
    AttemptState,
    CampaignState,
    CheckIn,
    CheckInState,
    Consent,
    ConsentScope,
    Enrolment,
    Path,
    Resident,
    Standing,
)
from oncall.schedule.due import claim, lay_out, plan_anew
from tests.makers import NOON, make_attempt, make_campaign, make_check_in, make_resident

MORNING = NOON - timedelta(hours=1)  # 11:00 in Seoul, a Tuesday: inside the window
ALL_DAY = ["daily 00:00-24:00"]


def enrol(session: Session, resident: Resident, campaign: object, **columns: object) -> Enrolment:
    enrolment = Enrolment(campaign_id=campaign.id, resident_id=resident.id, joined_at=MORNING, **columns)  # type: ignore[attr-defined]
    session.add(enrolment)
    session.flush()
    return enrolment


def withdraw(session: Session, resident: Resident, scope: ConsentScope) -> None:
    session.add(Consent(resident_id=resident.id, scope=scope, given=False, text_version="t", text_sha256="0" * 64,
                        channel="phone", given_at=NOON, recorded_at=NOON))  # fmt: skip
    session.flush()


def jobs(session: Session, name: str) -> list[dict[str, str]]:
    return list(session.scalars(sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = :n"), {"n": name}))


def test_planning_twice_lays_out_once(session: Session) -> None:
    enrolment = enrol(session, make_resident(session), make_campaign(session))
    assert lay_out(session, MORNING) == 1
    assert lay_out(session, MORNING) == 0
    check_in = session.exec(select(CheckIn)).one()
    assert (check_in.slot, check_in.state) == (MORNING, CheckInState.DUE)
    assert enrolment.next_at == MORNING + timedelta(weeks=1)


def test_the_same_moment_planned_again_does_not_make_a_second_check_in(session: Session) -> None:
    enrolment = enrol(session, make_resident(session), make_campaign(session))
    lay_out(session, MORNING)
    session.exec(select(CheckIn)).one().state = CheckInState.ASSESSED
    enrolment.next_at = MORNING
    assert lay_out(session, MORNING) == 0


def test_somebody_who_never_agreed_to_be_called_is_not_planned(session: Session) -> None:
    enrol(
        session,
        make_resident(session, consents=(ConsentScope.RECORDING, ConsentScope.OVERSEAS)),
        make_campaign(session),
    )
    assert lay_out(session, MORNING) == 0
    assert not session.exec(select(CheckIn)).all()


@pytest.mark.parametrize("standing", [standing for standing in Standing if not standing.may_be_called])
def test_only_active_residents_are_planned(session: Session, standing: Standing) -> None:
    enrol(session, make_resident(session, standing=standing), make_campaign(session))
    assert lay_out(session, MORNING) == 0


def test_somebody_who_may_not_be_heard_abroad_is_called_by_keypad(session: Session) -> None:
    """P-03: refusing an optional scope still yields a call."""
    campaign = make_campaign(session)
    refuses = make_resident(session, consents=(ConsentScope.SERVICE,))
    enrol(session, refuses, campaign)
    enrol(session, make_resident(session), campaign)
    assert lay_out(session, MORNING) == 2
    paths = {attempt.resident_id: attempt.path for attempt in claim(session, MORNING, lines=5, cps=100)}
    assert sorted(paths.values()) == [Path.KEYPAD, Path.TALK]
    assert paths[refuses.id] is Path.KEYPAD


def test_a_paused_campaign_plans_and_dials_nobody(session: Session) -> None:
    campaign = make_campaign(session)
    make_check_in(session, campaign=campaign, due_at=MORNING)
    enrol(session, make_resident(session), campaign)
    campaign.state = CampaignState.PAUSED
    assert lay_out(session, MORNING) == 0
    assert claim(session, MORNING, lines=5, cps=1) == []


def test_after_an_outage_each_resident_gets_one_check_in_not_one_for_every_slot_missed(session: Session) -> None:
    campaign = make_campaign(session, every_seconds=86400, windows=ALL_DAY, holidays=True)
    enrolment = enrol(session, make_resident(session), campaign, next_at=MORNING)
    assert lay_out(session, MORNING + timedelta(days=9, hours=3)) == 1
    assert enrolment.next_at == MORNING + timedelta(days=10)


def test_a_check_in_still_waiting_for_its_first_try_serves_for_the_next_slot_too(session: Session) -> None:
    campaign = make_campaign(session, every_seconds=86400, windows=ALL_DAY, holidays=True)
    enrol(session, make_resident(session), campaign)
    lay_out(session, MORNING)
    assert lay_out(session, MORNING + timedelta(days=1)) == 0
    assert len(session.exec(select(CheckIn)).all()) == 1


def test_a_campaign_planned_anew_does_not_repeat_the_slot_it_had(session: Session) -> None:
    campaign = make_campaign(session)
    enrolment = enrol(session, make_resident(session), campaign)
    lay_out(session, MORNING)
    session.exec(select(CheckIn)).one().state = CheckInState.ASSESSED
    campaign.every_seconds = 2 * 86400
    plan_anew(session, campaign)
    assert lay_out(session, MORNING) == 0
    session.refresh(enrolment)
    assert enrolment.next_at == MORNING + timedelta(days=2)


def test_a_claimed_check_in_is_dialling_with_an_intended_attempt_and_its_job(session: Session) -> None:
    check_in = make_check_in(session, due_at=MORNING)
    (attempt,) = claim(session, MORNING, lines=5, cps=1)
    assert (check_in.state, check_in.attempts_made) == (CheckInState.DIALLING, 1)
    assert (attempt.state, attempt.number, attempt.claimed_at) == (AttemptState.INTENDED, 1, MORNING)
    assert len(attempt.token) >= 32
    assert jobs(session, "place_call") == [{"attempt": str(attempt.id)}]
    assert claim(session, MORNING + timedelta(seconds=5), lines=5, cps=1) == []


def test_the_lines_are_not_exceeded_and_a_call_that_ended_frees_one(session: Session) -> None:
    for _ in range(4):
        make_check_in(session, due_at=MORNING)
    first = claim(session, MORNING, lines=2, cps=100)
    assert len(first) == 2
    assert claim(session, MORNING + timedelta(minutes=1), lines=2, cps=100) == []
    first[0].state = AttemptState.ENDED
    assert len(claim(session, MORNING + timedelta(minutes=2), lines=2, cps=100)) == 1


def test_a_campaign_keeps_to_its_share_and_leaves_the_rest_to_the_others(session: Session) -> None:
    small, large = make_campaign(session, "작은 회차", lines=1), make_campaign(session, "큰 회차")
    for _ in range(3):
        make_check_in(session, campaign=small, due_at=MORNING - timedelta(hours=1))
        make_check_in(session, campaign=large, due_at=MORNING)
    claimed = claim(session, MORNING, lines=3, cps=100)
    assert sorted(attempt.campaign_id == small.id for attempt in claimed) == [False, False, True]


def test_starts_are_an_interval_apart_whichever_node_claims(session: Session) -> None:
    for _ in range(30):
        make_check_in(session, due_at=MORNING)
    starts = []
    for tick in range(5):
        now = MORNING + timedelta(seconds=tick)
        starts += [attempt.claimed_at for attempt in claim(session, now, lines=100, cps=2)]
        starts += [attempt.claimed_at for attempt in claim(session, now, lines=100, cps=2)]
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert starts[0] == MORNING
    assert set(gaps) == {timedelta(seconds=0.5)}
    assert MORNING + timedelta(seconds=4) <= starts[-1] <= MORNING + timedelta(seconds=5)


def test_a_call_that_failed_at_once_still_counts_for_the_pace(session: Session) -> None:
    make_check_in(session, due_at=MORNING)
    make_check_in(session, due_at=MORNING)
    (first,) = claim(session, MORNING, lines=1, cps=0.5)
    first.state = AttemptState.ENDED
    assert claim(session, MORNING + timedelta(milliseconds=100), lines=1, cps=0.5) == []


def test_outside_its_window_a_check_in_is_put_off_to_the_next_opening(session: Session) -> None:
    check_in = make_check_in(session, due_at=MORNING)
    assert claim(session, NOON + timedelta(minutes=30), lines=5, cps=1) == []
    assert (check_in.state, check_in.due_at) == (CheckInState.DUE, NOON + timedelta(hours=2))


@pytest.mark.parametrize("standing", [standing for standing in Standing if not standing.may_be_called])
def test_somebody_who_stopped_being_active_after_planning_is_cancelled_not_dialled(
    session: Session, standing: Standing
) -> None:
    check_in = make_check_in(session, due_at=MORNING)
    session.get_one(Resident, check_in.resident_id).standing = standing
    assert claim(session, MORNING, lines=5, cps=1) == []
    assert (check_in.state, check_in.reason) == (CheckInState.CANCELLED, standing.value)


def test_consent_withdrawn_after_planning_stops_the_dial(session: Session) -> None:
    called, stopped, at_home = (make_resident(session) for _ in range(3))
    rows = [make_check_in(session, resident, due_at=MORNING) for resident in (called, stopped, at_home)]
    withdraw(session, stopped, ConsentScope.SERVICE)
    withdraw(session, at_home, ConsentScope.OVERSEAS)
    claimed = claim(session, MORNING, lines=5, cps=100)
    assert {attempt.resident_id: attempt.path for attempt in claimed} == {
        called.id: Path.TALK, at_home.id: Path.KEYPAD
    }  # fmt: skip
    assert [row.state for row in rows] == [CheckInState.DIALLING, CheckInState.CANCELLED, CheckInState.DIALLING]


def test_two_people_with_one_telephone_are_called_one_after_the_other(session: Session) -> None:
    for name in ("박정수", "최영자"):
        make_check_in(session, make_resident(session, name, phone="+821000001234"), due_at=MORNING)
    (first,) = claim(session, MORNING, lines=5, cps=100)
    assert claim(session, MORNING + timedelta(minutes=1), lines=5, cps=100) == []
    first.state = AttemptState.ENDED
    assert len(claim(session, MORNING + timedelta(minutes=2), lines=5, cps=100)) == 1


def test_a_resident_on_the_line_for_one_campaign_is_not_called_for_another(session: Session) -> None:
    resident = make_resident(session)
    make_attempt(session, make_check_in(session, resident, state=CheckInState.SPEAKING), state=AttemptState.ANSWERED)
    make_check_in(session, resident, make_campaign(session, "폭염"), due_at=MORNING)
    assert claim(session, MORNING, lines=5, cps=100) == []


class TestTwoNodes:
    """Claims of several nodes at once, committed for real and removed afterwards."""

    @pytest.fixture
    def waiting(self) -> object:
        from oncall.db import engine, transaction

        with transaction() as session:
            for _ in range(130):  # more than one claim looks at
                make_check_in(session, due_at=MORNING)
        yield
        with engine().begin() as connection:
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))  # events do not go otherwise
            for table in ("event", "attempt", "check_in", "enrolment", "campaign", "consent", "resident", "household",
                          "area", "procrastinate_events", "procrastinate_jobs"):  # fmt: skip
                connection.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608  # the names above

    def test_two_claimers_at_once_share_no_check_in_and_stay_within_the_lines(self, waiting: object) -> None:
        from oncall.db import transaction

        taken: list[list[Attempt]] = []
        together = threading.Barrier(4)

        def node() -> None:
            together.wait()
            with transaction() as session:
                taken.append(claim(session, MORNING, lines=5, cps=1000))

        threads = [threading.Thread(target=node) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ids = [attempt.check_in_id for claimed in taken for attempt in claimed]
        assert len(ids) == len(set(ids)) == 5

    def test_nobody_is_claimed_while_their_withdrawal_is_being_written(self, waiting: object) -> None:
        from oncall.db import engine, transaction

        with Session(engine(), expire_on_commit=False) as writing:
            chosen = writing.exec(
                select(Resident).order_by(Resident.external_id).limit(1).with_for_update(key_share=True)
            ).first()
            assert chosen is not None
            withdraw(writing, chosen, ConsentScope.SERVICE)
            with transaction() as session:
                claimed = claim(session, MORNING, lines=50, cps=1000)
            writing.commit()
        assert len(claimed) == 20
        assert chosen.id not in {attempt.resident_id for attempt in claimed}
        with transaction() as session:
            for attempt in claimed:
                session.get_one(Attempt, attempt.id).state = AttemptState.ENDED
            session.flush()
            later = claim(session, MORNING + timedelta(seconds=3), lines=50, cps=1000)
            assert chosen.id not in {attempt.resident_id for attempt in later}
            assert session.exec(select(CheckIn.state).where(CheckIn.resident_id == chosen.id)).one() == "cancelled"


# -- one row that makes no sense


def poisoned(session: Session) -> tuple[Enrolment, list[Enrolment]]:
    """Two who can be called, between one on a clock nobody knows and one in a campaign whose hours are no hours."""
    well = make_campaign(session, windows=ALL_DAY, holidays=True)
    broken = make_campaign(session, "broken", windows=["whenever"], holidays=True)
    enrol(session, make_resident(session, external_id="A", timezone="Mars/Base"), well)
    first = enrol(session, make_resident(session, "김" * 3000 + "🦆", external_id="B"), well)
    enrol(session, make_resident(session, external_id="C"), broken)
    return first, [first, enrol(session, make_resident(session, external_id="D"), well)]


def test_a_row_that_cannot_be_read_keeps_nobody_else_from_being_planned_and_called(session: Session) -> None:
    _, well = poisoned(session)
    for minutes in range(3):
        lay_out(session, MORNING + timedelta(minutes=minutes))
    laid = session.exec(select(CheckIn)).all()
    assert {one.enrolment_id for one in laid} == {one.id for one in well}
    assert len(claim(session, MORNING + timedelta(minutes=3), lines=10, cps=100)) == 2


def test_a_row_that_became_unreadable_after_it_fell_due_goes_to_a_person_and_the_others_are_called(
    session: Session,
) -> None:
    first, _ = poisoned(session)
    lay_out(session, MORNING)
    session.get_one(Resident, first.resident_id).timezone = "Mars/Base"
    session.flush()
    (attempt,) = claim(session, MORNING + timedelta(minutes=1), lines=10, cps=100)
    assert attempt.resident_id != first.resident_id
    held = session.exec(select(CheckIn).where(CheckIn.enrolment_id == first.id)).one()
    assert (held.state, held.reason) == (CheckInState.HELD, "unreadable")
    assert jobs(session, "hand_over") == [{"check_in": str(held.id)}]


def test_those_who_never_fall_due_do_not_crowd_out_the_others(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oncall.schedule.due._AT_ONCE", 2)
    broken = make_campaign(session, "broken", windows=["whenever"])
    for number in range(4):
        enrol(session, make_resident(session, external_id=f"A{number}"), broken)
    well = enrol(session, make_resident(session, external_id="B"), make_campaign(session, windows=ALL_DAY))
    for minutes in range(4):
        lay_out(session, MORNING + timedelta(minutes=minutes))
    assert well.next_at is not None
    broken.windows = ALL_DAY
    session.flush()
    for minutes in range(4):
        lay_out(session, MORNING + timedelta(hours=2, minutes=minutes))
    assert session.exec(select(Enrolment).where(col(Enrolment.next_at).is_(None))).all() == [], "looked at again"
