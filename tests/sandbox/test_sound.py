"""Words in the sound: what was sent is what is heard, and what was lost is missed."""

import random

from hypothesis import given
from hypothesis import strategies as st

from oncall.sandbox.sound import (
    FRAME,
    SILENCE,
    Listener,
    from_pcm16,
    loudness,
    read_words,
    to_pcm16,
    write_words,
)

WORDS = "안녕하세요. 어제 저녁부터 아무것도 못 먹었어요. Hello 😀"


def noise(seconds: float = 4.0) -> bytes:
    return random.Random(7).randbytes(int(8000 * seconds))


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=300), length=st.integers(0, 4000))
def test_words_written_into_any_sound_are_read_back(text: str, length: int) -> None:
    sound = write_words(noise(0.5)[:length], text, utterance=70000)
    assert read_words(sound) == text
    assert len(sound) % FRAME == 0


@given(offset=st.integers(0, 500), pieces=st.lists(st.integers(1, 700), min_size=1))
def test_a_listener_hears_the_words_whatever_the_offset_and_the_size_of_the_pieces(
    offset: int, pieces: list[int]
) -> None:
    line = b"\xff" * offset + write_words(noise(1), WORDS, utterance=1) + SILENCE
    listener = Listener()
    at = 0
    for turn in range(len(line)):
        size = pieces[turn % len(pieces)]
        listener.hear(line[at : at + size])
        at += size
        if at >= len(line):
            break
    assert listener.take() == WORDS
    assert listener.take() == ""
    assert (listener.lost, listener.doubled) == (0, 0)


def test_the_words_stop_where_the_sound_is_cut() -> None:
    sound = write_words(noise(4), WORDS, utterance=1)
    half = read_words(sound[: len(sound) // 2])
    assert WORDS.startswith(half)
    assert abs(len(half) - len(WORDS) / 2) <= 1


def test_a_lost_frame_is_a_gap_in_the_words() -> None:
    sound = write_words(noise(0.3), WORDS, utterance=1)
    listener = Listener()
    listener.hear(sound[: 5 * FRAME] + sound[6 * FRAME :])
    assert "□" in listener.text
    assert listener.text.replace("□", "") != WORDS
    assert listener.lost == 1


def test_a_lost_first_frame_is_a_gap_too() -> None:
    listener = Listener()
    listener.hear(SILENCE + write_words(noise(1), WORDS, utterance=1)[FRAME:])
    assert listener.text.startswith("□")


def test_a_damaged_frame_is_lost() -> None:
    sound = bytearray(write_words(noise(0.3), WORDS, utterance=1))
    sound[5 * FRAME + 70] ^= 1
    assert "□" in read_words(bytes(sound))


def test_a_doubled_frame_is_doubled_words() -> None:
    sound = write_words(noise(0.1), "가나다라마바사", utterance=1)
    listener = Listener()
    listener.hear(sound[: 3 * FRAME] + sound[2 * FRAME :])
    assert len(listener.text) > 7
    assert listener.doubled == 1


def test_frames_out_of_order_are_words_out_of_order() -> None:
    sound = write_words(noise(0.1), "가나다라마바사", utterance=1)
    swapped = sound[:FRAME] + sound[2 * FRAME : 3 * FRAME] + sound[FRAME : 2 * FRAME] + sound[3 * FRAME :]
    heard = read_words(swapped)
    assert heard.replace("□", "") not in ("", "가나다라마바사")
    assert "□" in heard


def test_sound_taken_from_the_middle_has_no_gap_before_it() -> None:
    sound = write_words(noise(4), WORDS, utterance=1)
    assert WORDS.endswith(read_words(sound[100 * FRAME + 33 :]))


def test_two_utterances_and_one_played_again_are_told_apart() -> None:
    one, two = write_words(noise(1), "하나", utterance=1), write_words(noise(1), "둘", utterance=2)
    cut_short = one[: 30 * FRAME]
    assert read_words(one + SILENCE + two) == "하나 둘"
    assert read_words(cut_short + SILENCE + one).endswith(" 하나")
    assert "□" not in read_words(cut_short + SILENCE + one)


def test_a_passage_through_linear_samples_changes_nothing() -> None:
    sound = write_words(noise(1), WORDS, utterance=1)
    assert from_pcm16(to_pcm16(sound)) == sound
    assert 0x7F not in sound


def test_silence_and_foreign_sound_have_no_words() -> None:
    assert read_words(SILENCE * 50) == ""
    assert read_words(noise(10)) == ""


def test_loudness_tells_speech_from_silence_and_from_the_words_in_silence() -> None:
    assert loudness(b"") == loudness(SILENCE) == 0
    assert loudness(write_words(SILENCE * 10, "조용", utterance=3)) == 0
    assert loudness(noise(1)) > 1000
    assert loudness(b"\x80") > 7900
