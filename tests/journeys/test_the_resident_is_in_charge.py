"""The conversation through real sound: the right person, wishes honoured in the same call, others and children, silence."""

import httpx2
import pytest
from sqlmodel import select

from oncall.call import lines
from oncall.models import (
    Alarm,
    AnsweredBy,
    Attempt,
    CheckInState,
    FactNote,
    FactState,
    HelpRequest,
    Language,
    Level,
    Manner,
    Path,
    Standing,
    Turn,
    TurnSource,
)  # fmt: skip
from oncall.models.wish import Wish
from tests.journeys.city import City, Found
from tests.journeys.people import OTHERS, REFUSES_ABROAD, WISHES, WISHES_EN

pytestmark = pytest.mark.xdist_group("wishes")

LIVE = TurnSource.LIVE
ENDS = {Wish.PERSON, Wish.STOP_CALLING, Wish.LATER, Wish.WRONG_PERSON, Wish.SCAM_WORRY, Wish.DECEASED}


def confirmed(found: Found, wish: Wish) -> bool:
    """Whether the fixed line that answers this wish was heard."""
    key = wish.value if wish in {Wish.WRONG_PERSON, Wish.DECEASED} else f"wish_{wish}"
    return lines.line(key, Language(found.resident.language)) in found.said(LIVE)


@pytest.mark.parametrize("name", [*WISHES, *WISHES_EN])
def test_a_wish_is_confirmed_in_the_same_call_and_written_down(city_with_wishes: City, name: str) -> None:
    """C-10."""
    found, wish = city_with_wishes.found(name), Wish(name.removesuffix("_en"))
    assert confirmed(found, wish)
    attempt = found.attempts[-1]
    if wish in ENDS:
        assert attempt.end_reason in {wish.value, "asked_for_person", "hung_up"}
    standing = {Wish.STOP_CALLING: Standing.WITHDRAWN, Wish.WRONG_PERSON: Standing.WRONG_NUMBER,
                Wish.DECEASED: Standing.DECEASED}.get(wish, Standing.ACTIVE)  # fmt: skip
    assert found.resident.standing is standing


@pytest.mark.parametrize("name", [*WISHES, *WISHES_EN, *OTHERS, *REFUSES_ABROAD])
def test_every_planned_fact_of_every_call_is_accounted_for(city_with_wishes: City, name: str) -> None:
    """C-36: answered, unclear or not asked, and why."""
    found = city_with_wishes.found(name)
    with city_with_wishes.session() as session:
        notes = session.exec(select(FactNote).where(FactNote.check_in_id == found.check_in.id)).all()
    assert {note.fact for note in notes} == {"meals", "medication", "health_change", "contact"}
    assert all(note.reason for note in notes if note.state is not FactState.ANSWERED)


def test_nothing_of_welfare_is_said_before_the_right_person_has_answered(city_with_wishes: City) -> None:
    """C-02: the lines that tell of the purpose and of recording come after their first words."""
    for name in ("wrong_person", "daughter", "sleeping", "deceased"):
        said = city_with_wishes.found(name).said(LIVE)
        for key in ("purpose", "recorded"):
            assert lines.line(key, Language.KO) not in said, name


def test_somebody_else_learns_nothing_and_is_not_the_resident(city_with_wishes: City) -> None:
    """C-32."""
    found = city_with_wishes.found("daughter")
    assert lines.line("third_party", Language.KO) in found.said(LIVE)
    assert found.attempts[-1].answered_by is AnsweredBy.OTHER
    assert found.check_in.state is CheckInState.NOT_ACCOUNTED


def test_whoever_is_fetched_to_the_telephone_hears_the_opening_anew(city_with_wishes: City) -> None:
    found = city_with_wishes.found("passed_on")
    assert lines.line("third_party", Language.KO) in found.said(LIVE)
    assert lines.line("purpose", Language.KO) in found.said(LIVE)


def test_who_asks_who_calls_hears_it_once_more(city_with_wishes: City) -> None:
    """C-05: by the carrier's voice, slowly."""
    found = city_with_wishes.found("asks_who")
    assert "누구세요" in found.heard(LIVE)
    assert lines.line("purpose", Language.KO) in found.said(LIVE)


def test_a_child_is_asked_nothing(city_with_wishes: City) -> None:
    """C-33, H-23."""
    found = city_with_wishes.found("sleeping")
    assert found.said(LIVE) == lines.line("child", Language.KO)
    assert found.check_in.state is CheckInState.NOT_ACCOUNTED


def test_a_set_phrase_about_dying_is_asked_about_and_a_clear_no_lets_the_call_go_on(city_with_wishes: City) -> None:
    """H-13, C-21."""
    found = city_with_wishes.found("old_saying")
    assert lines.line("ask_dying", Language.KO)[:6] in found.said(LIVE)
    assert lines.line("hold_suicide", Language.KO) not in found.said(LIVE)
    assert found.case is not None
    assert found.case.level.rank >= Level.URGENT.rank


def test_yes_to_everything_is_no_answer(city_with_wishes: City) -> None:
    """H-30: single words are asked after, and a row of them is unclear."""
    found = city_with_wishes.found("yes_yes")
    with city_with_wishes.session() as session:
        notes = session.exec(select(FactNote).where(FactNote.check_in_id == found.check_in.id)).all()
    assert "yes_to_all" in {note.reason for note in notes}


def test_a_request_for_help_is_kept_in_their_words(city_with_wishes: City) -> None:
    """C-40."""
    found = city_with_wishes.found("asks_for_help")
    with city_with_wishes.session() as session:
        requests = session.exec(select(HelpRequest).where(HelpRequest.resident_id == found.resident.id)).all()
    assert any("형광등" in request.words(found.resident.seal) for request in requests)


def test_slower_and_louder_are_remembered_for_the_next_call(city_with_wishes: City) -> None:
    with city_with_wishes.session() as session:
        slow = session.get_one(Manner, city_with_wishes.residents["slower"])
        loud = session.get_one(Manner, city_with_wishes.residents["louder"])
        assert slow.speed < 0.9
        assert loud.louder


def test_a_back_channel_under_our_voice_stops_nothing(city_with_wishes: City) -> None:
    with city_with_wishes.session() as session:
        cut = session.exec(
            select(Turn).where(Turn.resident_id == city_with_wishes.residents["mm_hm"], Turn.cut_off)
        ).all()
        assert [turn.timing for turn in cut if turn.timing and turn.timing["cut_ms"] < 1800] == []


def test_somebody_who_says_wait_is_waited_for(city_with_wishes: City) -> None:
    with city_with_wishes.session() as session:
        cut = session.exec(select(Turn).where(Turn.resident_id == city_with_wishes.residents["wait"], Turn.cut_off))
        assert cut.first() is not None
    assert "잠깐만요" in city_with_wishes.found("wait").heard(LIVE)


@pytest.mark.parametrize("name", ["by_keys", "by_keys_en"])
def test_who_refuses_processing_abroad_is_asked_the_same_by_keypad(city_with_wishes: City, name: str) -> None:
    """P-03: and not a byte of their voice goes to the model."""
    found = city_with_wishes.found(name)
    assert found.attempts[-1].path is Path.KEYPAD
    assert found.check_in.state is CheckInState.ASSESSED


def test_the_key_for_help_is_an_alarm(city_with_wishes: City) -> None:
    with city_with_wishes.session() as session:
        alarm = session.exec(select(Alarm).where(Alarm.resident_id == city_with_wishes.residents["help_key"])).first()
    assert alarm is not None
    assert alarm.detector == "keypad"


def test_every_turn_of_ours_that_answers_one_of_theirs_says_how_long_they_waited(city_with_wishes: City) -> None:
    """Protocol notes 10: stored per turn."""
    with city_with_wishes.session() as session:
        timed = session.exec(select(Turn).where(Turn.latency_ms != None)).all()  # noqa: E711  (SQL, not Python)
    assert len(timed) > 40
    assert all(turn.timing and {"sent_ms", "total_ms"} <= turn.timing.keys() for turn in timed)


def test_fixed_lines_are_spoken_once_for_the_whole_city(city_with_wishes: City) -> None:
    calls = httpx2.get(city_with_wishes.tap.model_url + "/sandbox/speech").json()["requests"]
    assert len(calls) > 100
    assert max(request["calls"] for request in calls) == 1
    assert not any("김" in request["input"] for request in calls), "a name went to the speech endpoint (P-30)"


def test_the_same_number_is_rung_once(city_with_wishes: City) -> None:
    with city_with_wishes.session() as session:
        tries = [attempt.check_in_id for attempt in session.exec(select(Attempt).where(Attempt.number > 0))]
    assert len(tries) == len(set(tries)) or len(tries) - len(set(tries)) <= 2
