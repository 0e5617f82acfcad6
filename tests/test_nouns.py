"""What the nouns promise: personal words are sealed, moves are guarded, events stay."""

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from oncall.models import CheckInState, Event, Resident, Verb
from oncall.models.check_in import MOVES
from oncall.models.seal import SealBroken
from tests.makers import NOON, make_check_in, make_resident


def test_a_residents_words_are_not_in_the_database(session: Session) -> None:
    resident = make_resident(session, "홍길동", phone="+821012345678", notes="무릎이 아프심")
    row = session.execute(sa.text("SELECT * FROM resident WHERE id = :id"), {"id": resident.id}).one()
    stored = b"".join(bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode() for value in row)
    for word in ("홍길동", "12345678", "무릎"):
        assert word.encode() not in stored
    session.expire_all()
    again = session.exec(select(Resident).where(Resident.id == resident.id)).one()
    assert (again.name, again.phone, again.notes) == ("홍길동", "+821012345678", "무릎이 아프심")


def test_a_sealed_name_moved_to_another_row_does_not_open(session: Session) -> None:
    one, other = make_resident(session, "김하나"), make_resident(session, "이두리")
    other.key_wrapped = one.key_wrapped
    with pytest.raises(SealBroken):
        _ = other.name
    one.phone_sealed = one.name_sealed
    with pytest.raises(SealBroken):
        _ = one.phone


def test_events_can_be_added_and_never_changed_or_removed(session: Session) -> None:
    session.add(Event(at=NOON, verb=Verb.READ))
    session.flush()
    for change in ("UPDATE event SET about = 'x'", "DELETE FROM event", "TRUNCATE event"):
        with pytest.raises(sa.exc.DBAPIError, match="only ever added"), session.begin_nested():
            session.execute(sa.text(change))


def test_the_database_refuses_a_state_it_does_not_know(session: Session) -> None:
    check_in = make_check_in(session)
    with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
        session.execute(sa.text("UPDATE check_in SET state = 'banana' WHERE id = :id"), {"id": check_in.id})


def test_a_stale_move_changes_nothing(session: Session) -> None:
    check_in = make_check_in(session)
    assert check_in.move(CheckInState.DIALLING, NOON)
    assert check_in.move(CheckInState.UNREACHED, NOON, "no_answer")
    for state in CheckInState:
        assert not check_in.move(state, NOON)
    assert check_in.state is CheckInState.UNREACHED


def test_every_state_has_moves_and_the_final_ones_have_none() -> None:
    assert set(MOVES) == set(CheckInState)
    assert {state for state in CheckInState if state.is_final} == {
        CheckInState.ASSESSED, CheckInState.UNREACHED, CheckInState.NOT_ACCOUNTED, CheckInState.HELD,
        CheckInState.CANCELLED,
    }  # fmt: skip
