"""The voices: audible, distinct, and saying in the samples what they say aloud."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from oncall.sandbox import voice
from oncall.sandbox.sound import FRAME, loudness, read_words

SENTENCE = "어르신, 안녕하세요. 식사는 하셨어요?"


@pytest.mark.parametrize(("text", "language"), [(SENTENCE, "ko"), ("Hello, have you eaten today?", "en")])
def test_a_sentence_is_loud_enough_to_hear_and_says_its_words(text: str, language: str) -> None:
    sound = voice.say(text, language, voice.WOMAN, utterance=5)
    assert read_words(sound) == text
    assert len(sound) % FRAME == 0
    assert 1.0 < len(sound) / 8000 < 6.0
    assert loudness(sound) > 200


def test_the_voices_differ() -> None:
    sounds = {voice.speak(SENTENCE, "ko", voice=who) for who in range(6)}
    assert len(sounds) == 6


def test_a_slower_rate_takes_longer() -> None:
    assert len(voice.speak(SENTENCE, "ko", rate=0.8)) > 1.1 * len(voice.speak(SENTENCE, "ko"))


def test_nothing_to_say_is_a_frame_of_silence() -> None:
    assert read_words(voice.say("", "ko")) == ""
    assert loudness(voice.say("", "ko")) == 0


def test_many_threads_may_speak_at_once() -> None:
    sentences = [f"번호 {number}번입니다." for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        sounds = list(pool.map(lambda words: voice.say(words, "ko"), sentences))
    assert [read_words(sound) for sound in sounds] == sentences
    assert all(0.5 < len(sound) / 8000 < 4 for sound in sounds)


def test_without_the_engine_a_murmur_says_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "espeakng_loader", None)
    monkeypatch.setattr(
        voice, "_engine", voice._engine.__wrapped__
    )  # the one that was made stays: it is made once a process
    voice.speak.cache_clear()
    try:
        sound = voice.say(SENTENCE, "ko", voice.MAN)
    finally:
        monkeypatch.undo()
        voice.speak.cache_clear()
    assert read_words(sound) == SENTENCE
    assert 1.0 < len(sound) / 8000 < 6.0
    assert loudness(sound) > 200
