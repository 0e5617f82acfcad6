"""Who is erased cannot be read again by anybody, and everything else goes on working (P-24)."""

import pytest
from sqlmodel import Session, SQLModel, select

from oncall import clock, db
from oncall.enrol import pages as enrol_pages
from oncall.errors import NotFound
from oncall.models import Alarm, Attempt, CheckIn, CheckInState, Enrolment, Recording, RecordingState, Resident, Role
from oncall.models.seal import SealBroken
from oncall.upkeep import erasure
from tests.desk import Desk
from tests.makers import make_alarm, make_attempt, make_check_in, make_resident, make_turns

NAME, SAID = "김말녀", "허리가 아파요"


def somebody() -> Resident:
    with db.transaction() as session:
        resident = make_resident(session, NAME, external_id="E-1", notes="혼자 사심", address="중동 1")
        check_in = make_check_in(session, resident)
        attempt = make_attempt(session, check_in, phone_index=resident.phone_index)
        make_turns(session, attempt, ("resident", SAID))
        make_alarm(session, attempt, SAID, state="closed")
        session.add(Recording(attempt_id=attempt.id, resident_id=resident.id, sid="RE1", state=RecordingState.KEPT,
                              key="", changed_at=clock.now()))  # fmt: skip
        return resident


def test_nothing_sealed_is_left_and_nothing_can_be_added(committed: None) -> None:
    resident = somebody()
    gone = erasure.erase("E-1", "asked for it", clock.now())
    assert gone.left_at_carrier == 1, "no carrier is named in this test: it must be said"
    with db.transaction() as session:
        for table in SQLModel.metadata.sorted_tables:
            sealed = [column for column in table.columns if column.name.endswith("_sealed")]
            if sealed and table.name != "staff":
                for row in session.execute(db.sa.select(*sealed)):
                    assert not any(row), f"{table.name} still holds something"
        one = session.get_one(Resident, resident.id)
        assert (one.key_wrapped, one.name, one.phone, one.address) == (b"", "", "", None)
        assert one.external_id != "E-1"
        assert session.exec(select(Alarm)).one().quote(one.seal) == ""
        with pytest.raises(SealBroken):
            one.notes = "again"
        assert session.exec(select(Attempt.phone_index)).all() == [None], "not even which number it went to"
        assert session.exec(select(CheckIn)).one().state is CheckInState.CANCELLED
        assert session.exec(select(Enrolment)).one().left_at is not None
    assert resident.id in erasure.erased_ids()


def test_who_is_still_looked_after_is_not_forgotten(committed: None) -> None:
    somebody()
    with db.transaction() as session:
        session.exec(select(Alarm)).one().state = "raised"
    with pytest.raises(erasure.StillOpen):
        erasure.erase("E-1", "asked for it", clock.now())
    with db.transaction() as session:
        assert session.exec(select(Resident)).one().name == NAME
    with pytest.raises(NotFound):
        erasure.erase("nobody", "x", clock.now())


def test_the_pages_of_residents_go_on_without_their_words(session: Session, desk: Desk) -> None:
    one = make_resident(session, NAME, external_id="E-2")
    make_resident(session, "박말순", external_id="E-3")
    erasure.forget(session, one.id, clock.now())
    han = desk(enrol_pages.router, role=Role.CASEWORKER)
    text = han.get("/residents").text
    assert "박말순" in text
    assert NAME not in text
    assert han.get(f"/residents/{one.id}").status_code == 200
