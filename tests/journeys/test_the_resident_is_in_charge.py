"""The conversation through real sound: the right person, wishes honoured in the same call, others and children, silence."""

import httpx2
import pytest
from sqlmodel import col, select

from oncall.call import lines
from oncall.models import (
    AnsweredBy,
    Attempt,
    CheckInState,
    Event,
    FactNote,
    FactState,
    HelpRequest,
    Language,
    Level,
    Manner,
    Path,
    Recording,
    RecordingState,
    Standing,
    Turn,
    TurnSource,
    Verb,
)  # fmt: skip
from oncall.models.fact import facts_in
from oncall.models.wish import Wish
from oncall.settings import settings
from tests.journeys.city import City, Found
from tests.journeys.known_people import KNOWN
from tests.journeys.listening import Tape
from tests.journeys.people import HURT, LONGS_TO_DIE, NO_ABROAD, OTHERS, WISHES, WISHES_EN
from tests.journeys.waiting import until

pytestmark = pytest.mark.xdist_group("wishes")

LIVE = TurnSource.LIVE
STANDING = {Wish.STOP_CALLING: Standing.WITHDRAWN, Wish.WRONG_PERSON: Standing.WRONG_NUMBER,
            Wish.DECEASED: Standing.DECEASED}  # fmt: skip
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
    assert found.resident.standing is STANDING.get(wish, Standing.ACTIVE)


@pytest.mark.parametrize("name", [*WISHES, *WISHES_EN])
def test_a_wish_is_stored_before_the_telephone_is_put_down(city_with_wishes: City, name: str) -> None:
    """C-10: by the clock of the row, and of what we did about it in that call."""
    found, wish = city_with_wishes.found(name), name.removesuffix("_en")
    attempt = found.attempts[-1]
    with city_with_wishes.session() as session:
        stored = session.exec(
            select(Event).where(Event.about == f"attempt:{attempt.id}", Event.verb == Verb.STANDING_CHANGED)
        ).all()
    at = [event.at for event in stored if event.detail == {"wish": wish}]
    assert len(at) == 1
    assert attempt.answered_at is not None
    assert attempt.ended_at is not None
    assert attempt.answered_at < at[0] < attempt.ended_at


@pytest.mark.parametrize("name", ["person", "person_en"])
def test_who_asks_for_a_person_is_before_one(city_with_wishes: City, name: str) -> None:
    found = city_with_wishes.found(name)
    assert found.case is not None
    assert found.case.closed_at is None


@pytest.mark.parametrize("name", ["do_not_record", "do_not_record_en"])
def test_who_will_not_be_recorded_leaves_no_sound_anywhere(city_with_wishes: City, name: str) -> None:
    """P-28: the tape that ran when they said so is stopped and erased, with us and at the carrier."""
    found = city_with_wishes.found(name)
    call_sid = found.attempts[-1].call_sid

    def erased() -> list[Event]:
        with city_with_wishes.session() as session:
            return list(session.exec(
                select(Event).where(Event.verb == Verb.ERASED, Event.resident_id == found.resident.id)
            ))  # fmt: skip

    until(lambda: bool(erased()), 60)
    assert erased()[-1].detail == {"recordings": 1}, "a tape ran"
    assert recordings_of(city_with_wishes, call_sid) == []
    with city_with_wishes.session() as session:
        (sound,) = session.exec(select(Recording).where(Recording.resident_id == found.resident.id)).all()
        assert (sound.state, sound.key) == (RecordingState.ABSENT, "")
    assert not found.said(TurnSource.RECORDING) + found.heard(TurnSource.RECORDING)
    assert city_with_wishes.found("slower").said(TurnSource.RECORDING), "as there is of whoever did not mind"


def recordings_of(city: City, call_sid: str | None) -> list[object]:
    """What the carrier has of a call."""
    account = city.sandbox["TWILIO_ACCOUNT_SID"]
    address = f"{city.sandbox['ONCALL_TWILIO_URL']}/2010-04-01/Accounts/{account}/Recordings.json"
    answer = httpx2.get(address, params={"CallSid": call_sid}, auth=(account, city.sandbox["TWILIO_AUTH_TOKEN"]))
    return list(answer.raise_for_status().json()["recordings"])


@pytest.mark.parametrize("name", [*WISHES, *WISHES_EN, *OTHERS, *KNOWN, *HURT, *LONGS_TO_DIE, *NO_ABROAD])
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
    """C-32: on the whole tape there is who calls, whom we look for, and where to ask."""
    found = city_with_wishes.found("daughter")
    name = found.resident.name or ""
    heard = city_with_wishes.tape("daughter").ours
    lines_heard: list[str] = []
    for key in ("opening", "right_person", "third_party", "third_party_bye"):
        lines_heard.append(lines.line(key, Language.KO, **({"name": name} if key == "right_person" else {})))
    assert len(heard) == len(lines_heard)
    # She may speak over a line, which then stops.
    assert all(line.startswith(one.words) for line, one in zip(lines_heard, heard, strict=True))
    assert heard[-1].is_whole
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


def test_somebody_who_says_wait_is_waited_for(city_with_wishes: City) -> None:
    with city_with_wishes.session() as session:
        cut = session.exec(select(Turn).where(Turn.resident_id == city_with_wishes.residents["wait"], Turn.cut_off))
        assert cut.first() is not None
    assert "잠깐만요" in city_with_wishes.found("wait").heard(LIVE)


def test_every_turn_of_ours_that_answers_one_of_theirs_says_how_long_they_waited(city_with_wishes: City) -> None:
    """Protocol notes 10: stored per turn."""
    with city_with_wishes.session() as session:
        timed = session.exec(select(Turn).where(Turn.latency_ms != None)).all()  # noqa: E711  (SQL, not Python)
    assert len(timed) > 40
    assert all(turn.timing and {"sent_ms", "total_ms"} <= turn.timing.keys() for turn in timed)
    shown = dict(row.rsplit(" ", 1) for row in httpx2.get(city_with_wishes.url + "/metrics").text.splitlines())
    assert float(shown["oncall_turns_timed"]) > 40
    waits = [float(shown[f'oncall_turn_latency_seconds{{quantile="{share}"}}']) for share in ("0.5", "0.95", "0.99")]
    assert 0 < waits[0] <= waits[1] <= waits[2] <= max(turn.latency_ms or 0 for turn in timed) / 1000


def test_fixed_lines_are_spoken_once_for_the_whole_city(city_with_wishes: City) -> None:
    calls = httpx2.get(city_with_wishes.model_url + "/sandbox/speech").json()["requests"]
    assert len(calls) > 100
    assert max(request["calls"] for request in calls) == 1
    assert not any("김" in request["input"] for request in calls), "a name went to the speech endpoint (P-30)"


def test_who_asks_something_of_the_call_is_rung_once(city_with_wishes: City) -> None:
    asked = {city_with_wishes.residents[name] for name in (*WISHES, *WISHES_EN)}
    with city_with_wishes.session() as session:
        placed = session.exec(select(Attempt).where(col(Attempt.resident_id).in_(asked), Attempt.number > 0)).all()
    assert len(placed) == len(asked)


@pytest.mark.parametrize("name", [*WISHES, *WISHES_EN])
def test_a_wish_is_honoured_with_the_model_dead(city_without_model: City, name: str) -> None:
    """C-10: heard by the carrier's recogniser and the phrase net, confirmed in a fixed line, stored in that call."""
    found, wish = city_without_model.found(f"dark {name}"), Wish(name.removesuffix("_en"))
    assert found.attempts[0].path is Path.KEYPAD
    assert confirmed(found, wish)
    assert found.resident.standing is STANDING.get(wish, Standing.ACTIVE)


def test_a_single_word_is_asked_after_once_for_each_question(city_with_wishes: City) -> None:
    found = city_with_wishes.found("yes_yes")
    written = facts_in(settings().prompts)
    asked = [written[fact].follow_up["ko"] for fact in ("meals", "medication", "health_change", "contact")
             if "ko" in written[fact].follow_up]  # fmt: skip
    times = [found.said(LIVE).count(follow_up) for follow_up in asked]
    assert max(times) == 1
    assert sum(times) >= 2


def test_a_stranger_hears_who_we_are_and_nothing_more(city_with_wishes: City) -> None:
    """And who rang is asked nothing."""
    told = {"from": "+821099990000", "to": city_with_wishes.sandbox["ONCALL_CALLER_ID"],
            "voice_url": f"{city_with_wishes.url}/voice/inbound"}  # fmt: skip
    carrier = city_with_wishes.sandbox["ONCALL_TWILIO_URL"]
    sid = httpx2.post(f"{carrier}/sandbox/inbound", json=told).raise_for_status().json()["sid"]
    tape = city_with_wishes.folder / "tapes" / f"{sid}.wav"
    until(tape.exists, 30)
    assert [one.words for one in Tape.of(tape).ours] == [lines.line("stranger", language) for language in Language]
