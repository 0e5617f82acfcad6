"""A model that says what it may not, or would be done too soon: what the resident hears is right all the same."""

import httpx2
import pytest
from sqlmodel import select

from oncall.call import lines
from oncall.models import FactNote, FactState, Language
from oncall.models.fact import facts_in
from oncall.settings import settings
from tests.journeys.city import City
from tests.journeys.people import ADVICE, ADVICE_EN, HURRIED, NUMBER, NUMBER_EN, PROMISE, PROMISE_EN

pytestmark = pytest.mark.xdist_group("wishes")

FACTS = ("meals", "medication", "health_change", "contact")
FORBIDDEN = {"misled": (ADVICE, PROMISE, NUMBER), "misled_en": (ADVICE_EN, PROMISE_EN, NUMBER_EN)}


def answered(city: City, name: str) -> set[str]:
    with city.session() as session:
        notes = session.exec(select(FactNote).where(FactNote.check_in_id == city.found(name).check_in.id)).all()
    return {note.fact for note in notes if note.state is FactState.ANSWERED}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_advice_a_promise_and_a_number_asked_for_are_never_heard(city_with_a_bad_model: City, name: str) -> None:
    """C-06, C-12, C-13, C-17: a fixed line is heard instead, and the question once more."""
    tape = city_with_a_bad_model.tape(name)
    language = Language(city_with_a_bad_model.found(name).resident.language)
    instead = [lines.line("instead", language, turn=turn) for turn in range(2)]
    assert sum(tape.words.count(line) for line in instead) == len(FORBIDDEN[name]), tape.told()
    for key in ("recorded", "purpose"):
        # Where it was cut a syllable may be heard twice, the last one too; it begins once, and is heard to its end.
        line = lines.line(key, language)
        (heard,) = [one.words for one in tape.ours if one.words.startswith(line[:6])]
        assert heard.endswith(line[-3:]), tape.told()
    for sentence in FORBIDDEN[name]:
        assert sentence[: len(sentence) // 2] not in tape.words, tape.told()
    assert answered(city_with_a_bad_model, name) == set(FACTS)


@pytest.mark.parametrize("name", HURRIED)
def test_a_call_the_model_would_end_too_early_goes_on_until_everything_was_asked(
    city_with_a_bad_model: City, name: str
) -> None:
    """C-36: the goodbye comes at their first answer, and the end is refused."""
    found, tape = city_with_a_bad_model.found(name), city_with_a_bad_model.tape(name)
    language = Language(found.resident.language)
    written = facts_in(settings().prompts)
    for fact in FACTS:
        assert written[fact].ask[language] in tape.words, tape.told()
    assert answered(city_with_a_bad_model, name) == set(FACTS)
    assert tape.words.count(lines.line("closing", language)) >= 2, "the model did say goodbye early"
    assert tape.ours[-1].words.endswith(lines.line("closing", language)), tape.told()


def test_ends_were_asked_for_and_refused(city_with_a_bad_model: City) -> None:
    """As the model remembers: it called for the end more than once in each of these calls."""
    sessions = httpx2.get(city_with_a_bad_model.model_url + "/sandbox/sessions?all=true").json()
    ends = [sum(call["name"] == "end_call" for call in one["calls"]) for one in sessions]
    assert sum(count >= 2 for count in ends) >= len(HURRIED)
