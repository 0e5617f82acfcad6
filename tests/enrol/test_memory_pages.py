"""What is remembered, on the resident's page: read by who may, corrected, deleted, and gone when the consent is."""

import pytest
from sqlmodel import Session, select

from oncall.enrol import consent
from oncall.enrol.pages import router
from oncall.models import ConsentScope, Event, Memory, MemoryKind, Resident, Role, Verb
from tests.call.test_wishes import remember
from tests.desk import Desk
from tests.makers import NOON, make_attempt, make_check_in, make_resident


@pytest.fixture
def resident(session: Session) -> Resident:
    return make_resident(session, "김순자")


def test_notes_stand_with_their_call_and_the_consent(session: Session, desk: Desk, resident: Resident) -> None:
    memory = remember(session, resident, "바둑 두는 재미")
    memory.attempt_id = make_attempt(session, make_check_in(session, resident)).id
    text = desk(router).get(f"/residents/{resident.id}").text
    assert "바둑 두는 재미" in text
    assert "말씀하신 통화" in text
    assert "좋아하시는 이야기" in text


def test_who_may_not_read_words_reads_no_notes(session: Session, desk: Desk, resident: Resident) -> None:
    memory = remember(session, resident, "바둑 두는 재미")
    client = desk(router, role=Role.SCHEDULER, area="부천시")
    assert "바둑" not in client.get(f"/residents/{resident.id}").text
    for act in ("correction", "deletion", "acceptance"):
        assert client.post(f"/residents/{resident.id}/memories/{memory.id}/{act}").status_code == 403
    assert client.post(f"/residents/{resident.id}/memories/forgetting").status_code == 403


def test_a_note_is_corrected_under_a_name(session: Session, desk: Desk, resident: Resident) -> None:
    memory, client = remember(session, resident, "바둑"), desk(router)
    client.post(f"/residents/{resident.id}/memories/{memory.id}/correction", data={"words": "  장기  두는 것 "})
    assert memory.words(resident.seal) == "장기 두는 것"
    assert memory.changed_by == client.staff.id
    event = session.exec(select(Event).where(Event.verb == Verb.REMEMBERED)).one()
    assert "장기" not in str(event.detail)


def test_an_interest_cannot_be_made_sensitive_by_hand(session: Session, desk: Desk, resident: Resident) -> None:
    memory = remember(session, resident, "바둑")
    answer = desk(router).post(f"/residents/{resident.id}/memories/{memory.id}/correction", data={"words": "빚 이야기"})
    assert answer.status_code == 422
    assert memory.words(resident.seal) == "바둑"


def test_one_note_or_all_are_forgotten(session: Session, desk: Desk, resident: Resident) -> None:
    first = remember(session, resident, "바둑")
    for words in ("노래", "텃밭"):
        remember(session, resident, words)
    client = desk(router)
    client.post(f"/residents/{resident.id}/memories/{first.id}/deletion")
    assert len(session.exec(select(Memory)).all()) == 2
    client.post(f"/residents/{resident.id}/memories/forgetting")
    assert session.exec(select(Memory)).all() == []
    counts = [event.detail["count"] for event in session.exec(select(Event).where(Event.verb == Verb.FORGOTTEN))]
    assert counts == [1, 2]


def test_a_name_is_used_only_once_a_person_has_taken_it_over(session: Session, desk: Desk, resident: Resident) -> None:
    memory = remember(session, resident, "순이", MemoryKind.NAME)
    assert resident.preferred_name is None
    client = desk(router)
    assert "이 이름으로 부르기" in client.get(f"/residents/{resident.id}").text
    client.post(f"/residents/{resident.id}/memories/{memory.id}/acceptance")
    assert resident.preferred_name == "순이"
    assert "이 이름으로 부르기" not in client.get(f"/residents/{resident.id}").text
    assert session.exec(select(Event).where(Event.verb == Verb.CORRECTED)).one().detail == {
        "fields": ["preferred_name"]
    }


def test_only_a_name_can_be_taken_over(session: Session, desk: Desk, resident: Resident) -> None:
    memory = remember(session, resident, "바둑")
    assert desk(router).post(f"/residents/{resident.id}/memories/{memory.id}/acceptance").status_code == 422
    assert resident.preferred_name is None


def test_a_note_is_found_only_under_its_own_resident(session: Session, desk: Desk, resident: Resident) -> None:
    other = remember(session, make_resident(session, dong="소사동"), "노래")
    client = desk(router)
    assert client.post(f"/residents/{resident.id}/memories/{other.id}/deletion").status_code == 404
    assert client.post(f"/residents/{other.resident_id}/memories/{other.id}/deletion").status_code == 404
    assert session.exec(select(Memory)).one() is other


def test_withdrawing_the_consent_to_notes_takes_the_notes_along(session: Session, resident: Resident) -> None:
    remember(session, resident, "바둑")
    consent.record(session, resident, ConsentScope.MEMORY, False, NOON, channel="phone")
    assert session.exec(select(Memory)).all() == []
