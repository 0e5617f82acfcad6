"""What somebody hears who plays the carrier's own tape of a call: it begins at once, nothing is cut off, and it ends with
the goodbye. At the telephone's own speed, so that a second of the tape is a second."""

from itertools import pairwise

import pytest
from sqlmodel import col, select

from oncall.call import lines
from oncall.models import Language, Outcome, Path, Speaker, Turn, TurnSource
from tests.journeys.city import City
from tests.journeys.listening import Tape
from tests.journeys.people import CALM, HUNG, LISTENS, STOPS
from tests.journeys.screen import Screen
from tests.journeys.waiting import until

pytestmark = pytest.mark.xdist_group("cities")


def tape_of(real_time: tuple[City, Screen], name: str) -> Tape:
    """The first call of somebody, once it is over."""
    city, _ = real_time

    def over() -> bool:
        return city.found(name).attempts[0].ended_at is not None

    until(over, 150, lambda: city.found(name).attempts)
    return city.tape(name, 0)


def language_of(real_time: tuple[City, Screen], name: str) -> Language:
    return Language(real_time[0].found(name).resident.language)


@pytest.mark.parametrize("name", [*CALM, *HUNG])
def test_it_begins_within_a_second_and_every_sentence_of_ours_is_whole(
    city_in_real_time: tuple[City, Screen], name: str
) -> None:
    tape = tape_of(city_in_real_time, name)
    assert tape.first_sound <= 1.0, tape.told()
    assert [one.words for one in tape.ours if not one.is_whole] == [], tape.told()
    assert "□" not in tape.words


@pytest.mark.parametrize("name", ["calm", "calm_en"])
def test_the_opening_is_said_word_for_word_in_its_order_and_in_time(
    city_in_real_time: tuple[City, Screen], name: str
) -> None:
    """C-01..C-05: and what stands between the two halves is their own answer."""
    tape, language = tape_of(city_in_real_time, name), language_of(city_in_real_time, name)
    named = {"name": city_in_real_time[0].found(name).resident.name or ""}
    keys = ("opening", "right_person", "recorded", "purpose")
    opening = tape.ours[:4]
    assert [one.words for one in opening] == [
        lines.line(key, language, **(named if key == "right_person" else {})) for key in keys
    ]
    spoken = sum(one.ends - one.starts for one in opening)
    print(f"{name}: the opening was {spoken:.1f} s of ours, {opening[-1].ends:.1f} s with their answer")
    assert spoken <= 20
    (answered, *_) = [one for one in tape.theirs if opening[1].ends <= one.starts]
    assert opening[1].ends <= answered.starts <= answered.ends <= opening[2].starts


@pytest.mark.parametrize("name", ["calm", "calm_en", "hung"])
def test_it_ends_with_the_goodbye_and_the_line_goes_down_after_it(
    city_in_real_time: tuple[City, Screen], name: str
) -> None:
    tape, language = tape_of(city_in_real_time, name), language_of(city_in_real_time, name)
    last = tape.ours[-1]
    assert last.words.endswith(lines.line("closing", language)), tape.told()
    assert 0 < tape.seconds - last.ends < 3, tape.told()


@pytest.mark.parametrize("name", ["calm", "calm_en"])
def test_we_neither_talk_over_them_nor_leave_them_waiting(city_in_real_time: tuple[City, Screen], name: str) -> None:
    """From the end of each answer to our next word, their pause included; under load, so only the gross is judged."""
    tape = tape_of(city_in_real_time, name)
    waits = [
        min((ours.starts for ours in tape.ours if ours.starts > theirs.ends), default=theirs.ends) - theirs.ends
        for theirs in tape.theirs[1:]
    ]
    print(f"{name}: waited {', '.join(f'{one:.1f}' for one in waits)} s")
    assert max(waits) < 8
    for ours in tape.ours[2:]:
        assert not [one for one in tape.theirs if one.starts < ours.starts < one.ends], tape.told()


@pytest.mark.parametrize("name", ["calm", "calm_en"])
def test_the_recording_begins_after_its_announcement_and_misses_nothing_behind_it(
    city_in_real_time: tuple[City, Screen], name: str
) -> None:
    """C-03: what OnCall kept, against the carrier's own tape."""
    city, _ = city_in_real_time
    tape, language = tape_of(city_in_real_time, name), language_of(city_in_real_time, name)

    def kept() -> bool:
        return bool(city.found(name).said(TurnSource.RECORDING))

    until(kept, 60)
    said = city.found(name).said(TurnSource.RECORDING)
    assert lines.line("recorded", language) not in said
    announced = [one.words for one in tape.ours].index(lines.line("recorded", language))
    for one in tape.ours[announced + 2 :]:
        assert one.words in said, f"{one.words!r} is not in {said!r}"


@pytest.mark.parametrize(("name", "meals"), [("mute", "식사"), ("mute_en", "eating")])
def test_who_says_nothing_is_asked_again_whether_they_hear_us_and_is_let_go_kindly(
    city_in_real_time: tuple[City, Screen], name: str, meals: str
) -> None:
    """The steps of a silence: the question in other words, "can you hear me?", and a kind close; then a person."""
    city, _ = city_in_real_time
    language = Language(city.found(name).resident.language)
    tape = tape_of(city_in_real_time, name)
    asked, again, there, close = tape.ours[-4:]
    assert meals in asked.words, tape.told()
    assert meals in again.words, tape.told()
    assert there.words == lines.line("still_there", language)
    assert close.words == lines.line("nobody_speaks", language)
    for before, after in pairwise((asked, again, there, close)):
        assert 5 < after.starts - before.ends < 12, tape.told()
    until(lambda: city.found(name).case is not None, 60)


def test_a_model_that_stops_answering_is_replaced_by_the_keys_within_eight_seconds(
    city_in_real_time: tuple[City, Screen],
) -> None:
    """C-18, R-06: they are told that we listen, then asked by keys, from where the talk had come to; as they hear it."""
    city, _ = city_in_real_time
    tape = tape_of(city_in_real_time, "hung")
    words = [one.words for one in tape.ours]
    switch = tape.ours[words.index(lines.line("keypad_switch", Language.KO))]
    asked = max(one.ends for one in tape.ours if "식사" in one.words and one.starts < switch.starts)
    answered = min(one.ends for one in tape.theirs if one.starts > asked)
    print(f"from their answer to the first word of the keys: {switch.starts - answered:.1f} s")
    assert switch.starts - answered <= 8
    assert any(one.words in FILLERS for one in tape.ours if answered < one.starts < switch.starts)
    assert not any("1번을 누르시고, 다른 분" in one.words for one in tape.ours), "who they are had been said"
    until(lambda: city.found("hung").attempts[0].outcome is not None, 60)
    attempt = city.found("hung").attempts[0]
    assert (attempt.path, attempt.outcome) == (Path.KEYPAD, Outcome.SPOKEN)


FILLERS = {lines.line("filler", Language.KO, turn=turn) for turn in range(3)}


@pytest.mark.parametrize("name", ["fallen", "chest", "husband"])
def test_in_danger_what_is_said_is_the_hold_at_once(city_in_real_time: tuple[City, Screen], name: str) -> None:
    """E1: from the end of the words to the first of ours, and no word is cut off. The line may still be held."""
    city, _ = city_in_real_time
    with city.session() as session:
        turns = session.exec(
            select(Turn).where(Turn.resident_id == city.residents[name], Turn.source == TurnSource.LIVE)
            .order_by(col(Turn.starts_ms))
        ).all()  # fmt: skip
    seal = city.found(name).resident.seal
    held = next(
        turn for turn in turns if turn.speaker is Speaker.AGENT and turn.words(seal) == lines.line("hold", Language.KO)
    )
    cried = max(turn.ends_ms for turn in turns if turn.speaker is Speaker.RESIDENT and turn.ends_ms <= held.starts_ms)
    print(f"{name}: {(held.starts_ms - cried) / 1000:.1f} s from the end of their words to ours")
    assert held.starts_ms - cried < 5000


@pytest.mark.parametrize("name", LISTENS)
def test_a_back_channel_under_our_voice_stops_nothing(city_in_real_time: tuple[City, Screen], name: str) -> None:
    """They say "네" a second into one of our turns, as one does who listens."""
    tape = tape_of(city_in_real_time, name)
    under = [(ours, theirs) for ours in tape.ours for theirs in tape.theirs
             if ours.starts + 0.5 < theirs.starts < ours.starts + 1.8 and theirs.ends < ours.ends]  # fmt: skip
    assert under, f"they spoke under our voice: {tape.told()}"
    # Two syllables' worth of its end may go when they are taken for an answer to it; it is not stopped where they spoke.
    assert [ours.words for ours, _ in under if not ours.is_whole and ours.ends - ours.starts < 1.8] == [], tape.told()


@pytest.mark.parametrize("name", STOPS)
def test_a_single_word_that_asks_for_the_floor_stops_our_sentence(
    city_in_real_time: tuple[City, Screen], name: str
) -> None:
    """ "Help", "a moment", "wait": short as a back-channel, and told from one by the word alone."""
    tape = tape_of(city_in_real_time, name)
    word = str(STOPS[name].story["cues"][0]["say"])  # type: ignore[index]  # a list of one cue
    (theirs,) = [one for one in tape.theirs if one.words.strip(" .") == word]
    then = min(one.starts for one in tape.theirs if one.starts > theirs.ends)
    assert [one for one in tape.ours if not one.is_whole and theirs.starts < one.ends <= then], tape.told()
    assert [one for one in tape.ours if one.starts > theirs.ends], "and we go on after it"
