"""What earlier calls left of a resident is heard in the next one, and only what may be; what is known spares a question."""

from collections.abc import Sequence

import pytest
from sqlmodel import select

from oncall.call import lines
from oncall.models import FactNote, FactState, HelpRequest, Language, Memory, MemoryKind, RequestState, TurnSource
from oncall.models.fact import facts_in
from oncall.settings import settings
from tests.journeys.city import City
from tests.journeys.known_people import NAMES, PROMISED, TELLS, TELLS_EN
from tests.journeys.people import GARDEN, GARDEN_EN, HEALTH, TOLD, TOLD_EN

pytestmark = pytest.mark.xdist_group("wishes")


def kept(city: City, name: str) -> Sequence[Memory]:
    with city.session() as session:
        return session.exec(select(Memory).where(Memory.resident_id == city.residents[name])).all()


@pytest.mark.parametrize(("name", "note"), [("remembered", GARDEN), ("remembered_en", GARDEN_EN)])
def test_the_name_they_like_and_what_they_once_told_are_heard_in_the_next_call(
    city_with_wishes: City, name: str, note: str
) -> None:
    """C-15: as it reached their ear."""
    tape, language = city_with_wishes.tape(name), Language(city_with_wishes.found(name).resident.language)
    asked, told = (
        lines.line("right_person", language, name=NAMES[name]),
        [one for one in tape.ours if note in one.words],
    )
    assert asked in [one.words for one in tape.ours], tape.told()
    assert len(told) == 1, tape.told()
    assert told[0].starts > tape.ours[3].starts, "not the first thing they hear"


@pytest.mark.parametrize(
    ("name", "tells", "about"), [("remembered", TELLS, "노래"), ("remembered_en", TELLS_EN, "knitting")]
)
def test_what_they_tell_in_a_call_is_noted_for_the_next(
    city_with_wishes: City, name: str, tells: str, about: str
) -> None:
    found, notes = city_with_wishes.found(name), kept(city_with_wishes, name)
    (new,) = [note for note in notes if note.attempt_id == found.attempts[-1].id]
    assert len(notes) == 2
    assert new.kind is MemoryKind.INTEREST
    assert about in new.words(found.resident.seal)
    assert new.words(found.resident.seal) in tells


@pytest.mark.parametrize(("name", "told"), [("about_me", TOLD), ("about_me_en", TOLD_EN)])
def test_who_asks_what_we_know_hears_the_notes_that_may_be_told(
    city_with_wishes: City, name: str, told: tuple[str, ...]
) -> None:
    tape, language = city_with_wishes.tape(name), Language(city_with_wishes.found(name).resident.language)
    heard = [one.words for one in tape.ours]
    assert any(lines.line("wish_about_me", language) in one for one in heard), tape.told()
    assert any(lines.line("known_notes", language, notes=". ".join(told)) in one for one in heard), tape.told()
    assert not [note for note in HEALTH if note in tape.words], tape.told()


@pytest.mark.parametrize(("name", "told"), [("dark about_me", TOLD), ("dark about_me_en", TOLD_EN)])
def test_who_asks_by_keypad_hears_them_too(city_without_model: City, name: str, told: tuple[str, ...]) -> None:
    tape = city_without_model.tape(name)
    language = Language(city_without_model.found(name).resident.language)
    assert lines.line("known_notes", language, notes=". ".join(told)) in tape.words, tape.told()
    assert not [note for note in HEALTH if note in tape.words], tape.told()


def test_of_whom_nothing_is_noted_hears_so(city_with_wishes: City) -> None:
    tape = city_with_wishes.tape("not_known")
    assert lines.line("known_nothing", Language.KO) in tape.words, tape.told()


def test_forget_that_deletes_what_earlier_calls_left(city_with_wishes: City) -> None:
    """C-15: by voice, in that call; whoever did not ask keeps theirs."""
    assert [len(kept(city_with_wishes, name)) for name in ("forget", "promised")] == [0, 1]


def test_what_a_person_arranged_is_asked_after_and_the_answer_counts(city_with_wishes: City) -> None:
    """C-40: the call asks by itself; "not yet" makes it missing, and a person sees that."""
    found = city_with_wishes.found("promised")
    asked = lines.line("ask_arrived", Language.KO, promised=PROMISED).split(":")[1].strip()
    assert asked in found.said(TurnSource.LIVE)
    with city_with_wishes.session() as session:
        request = session.exec(select(HelpRequest).where(HelpRequest.resident_id == found.resident.id)).first()
        assert request is not None
        assert request.state is RequestState.MISSING
    assert found.case is not None


def test_a_question_that_what_is_known_answers_is_not_asked_and_the_note_says_why(city_with_wishes: City) -> None:
    """C-39: somebody who takes no medicine, beside somebody who may."""
    found = city_with_wishes.found("spared")
    with city_with_wishes.session() as session:
        notes = {note.fact: note for note in session.exec(
            select(FactNote).where(FactNote.check_in_id == found.check_in.id)).all()}  # fmt: skip
    medication = notes.pop("medication")
    assert (medication.state, medication.reason) == (FactState.NOT_ASKED, "known:takes_no_medicine")
    assert {note.state for note in notes.values()} == {FactState.ANSWERED}
    asked = facts_in(settings().prompts)["medication"].ask["ko"]
    assert asked not in city_with_wishes.tape("spared").words
    assert asked in city_with_wishes.tape("promised").words
