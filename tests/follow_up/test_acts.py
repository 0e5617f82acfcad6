"""What people do with a case: once, under their name, with a reason, and undone where it was a slip."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlmodel import Session, select

from oncall import db
from oncall.errors import AlreadyTaken, BadInput, StaleMove
from oncall.follow_up import acts, cases
from oncall.models import Case, CaseEntry, CloseReason, EntryKind, Event, Level, Resident, Standing, Verb
from tests.follow_up.test_cases import make_assessment
from tests.makers import NOON, make_check_in, make_resident, make_staff

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def case(session: Session) -> Case:
    made = cases.not_understood(session, make_check_in(session), "model_down", NOON)
    assert made is not None
    return made


def _history(session: Session, case: Case) -> list[EntryKind]:
    lines = session.exec(select(CaseEntry.kind).where(CaseEntry.case_id == case.id).order_by(CaseEntry.at)).all()
    return list(lines)[1:]


def test_a_case_taken_by_one_is_not_taken_by_another(session: Session, case: Case) -> None:
    han, seo = make_staff(session).id, make_staff(session, name="서민호").id
    acts.take(session, case, han, LATER)
    acts.take(session, case, han, LATER)
    with pytest.raises(AlreadyTaken):
        acts.take(session, case, seo, LATER)
    assert case.taken_by == han
    assert _history(session, case) == [EntryKind.TAKEN]
    acts.release(session, case, han, LATER)
    acts.take(session, case, seo, LATER)
    assert case.taken_by == seo


@pytest.mark.usefixtures("committed")
def test_of_two_who_take_at_once_one_is_told() -> None:
    with db.transaction() as session:
        made = cases.not_understood(session, make_check_in(session), "model_down", NOON)
        assert made is not None
        staff = [make_staff(session, name=name).id for name in ("한지우", "서민호")]
    start = Barrier(2)

    def try_to_take(person) -> str:
        try:
            with db.transaction() as session:
                case = session.get_one(Case, made.id)
                start.wait(timeout=10)
                acts.take(session, case, person, LATER)
        except AlreadyTaken:
            return "told"
        return "took"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_to_take, staff)) == ["told", "took"]


def test_closing_needs_a_reason_and_of_an_urgent_case_also_words(session: Session, case: Case) -> None:
    han = make_staff(session).id
    with pytest.raises(BadInput):
        acts.close(session, case, han, None, "잘 계심", LATER)
    check_in = make_check_in(session, make_resident(session, "이두리"))
    urgent = cases.follow_up(session, make_assessment(session, check_in, Level.URGENT), NOON)
    assert urgent is not None
    with pytest.raises(BadInput):
        acts.close(session, urgent, han, CloseReason.HELPED, "  ", LATER)
    assert (case.closed_at, urgent.closed_at) == (None, None)
    acts.close(session, case, han, CloseReason.REACHED_WELL, "", LATER)
    assert (case.closed_by, case.close_reason, case.closed_at) == (han, CloseReason.REACHED_WELL, LATER)
    with pytest.raises(StaleMove):
        acts.close(session, case, han, CloseReason.HELPED, "", LATER)


def test_undoing_a_closing_brings_back_case_and_standing(session: Session, case: Case) -> None:
    han = make_staff(session).id
    resident = session.get_one(Resident, case.resident_id)
    acts.close(session, case, han, CloseReason.DECEASED, "", LATER)
    assert resident.standing is Standing.DECEASED
    acts.reopen(session, case, han, LATER)
    assert (case.closed_at, resident.standing) == (None, Standing.ACTIVE)
    assert _history(session, case) == [EntryKind.CLOSED, EntryKind.REOPENED]
    assert len(session.exec(select(Event).where(Event.verb == Verb.STANDING_CHANGED)).all()) == 2


def test_an_old_case_is_not_reopened_beside_a_newer_one(session: Session, case: Case) -> None:
    han = make_staff(session).id
    acts.close(session, case, han, CloseReason.HELPED, "", LATER)
    check_in = make_check_in(session, session.get_one(Resident, case.resident_id), slot=NOON + timedelta(days=7))
    newer = cases.unreached(session, check_in, LATER)
    assert newer is not case
    with pytest.raises(StaleMove):
        acts.reopen(session, case, han, LATER)


def test_a_note_is_kept_sealed_and_an_empty_one_refused(session: Session, case: Case) -> None:
    han = make_staff(session).id
    with pytest.raises(BadInput):
        acts.note(session, case, han, " ", LATER)
    acts.note(session, case, han, "따님과 통화함", LATER)
    entry = session.exec(select(CaseEntry).where(CaseEntry.kind == EntryKind.NOTE)).one()
    assert "따님".encode() not in bytes(entry.text_sealed or b"")
    assert entry.text(session.get_one(Resident, case.resident_id).seal) == "따님과 통화함"
