"""Cutting a recording: both ends apart, every word whole, every turn at its second."""

import io
import itertools
import random
import time
import wave
from array import array

import pytest

from oncall.listen import sound
from oncall.listen.sound import UnreadableSound
from oncall.sandbox import voice
from oncall.sandbox.sound import SILENCE, from_pcm16, read_words, to_pcm16


def two_channels(far: bytes, ours: bytes) -> bytes:
    """A carrier's WAV from two stretches of mu-law."""
    length = max(len(far), len(ours))
    left, right = (array("h", to_pcm16(end.ljust(length, b"\xff"))) for end in (far, ours))
    both = array("h", bytes(4 * length))
    both[0::2], both[1::2] = left, right
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(both.tobytes())
    return out.getvalue()


def quiet(seconds: float) -> bytes:
    return SILENCE * int(seconds * 50)


def words_of(piece: bytes) -> str:
    with wave.open(io.BytesIO(piece)) as file:
        return read_words(from_pcm16(file.readframes(file.getnframes())))


def test_each_sentence_comes_out_whole_and_at_its_time() -> None:
    sentences = ["네, 여보세요.", "어제부터 아무것도 못 먹었어요.", "네.", "아니 괜찮아요, 그냥 어지러워서."]
    far = b""
    starts = []
    for number, sentence in enumerate(sentences):
        far += quiet(1.5)
        starts.append(len(far) // 8)
        far += voice.say(sentence, "ko", voice.WOMAN, utterance=number)
    heard = sound.read(two_channels(far + quiet(1), b""))
    parts = heard.speech(0)
    assert [words_of(heard.wav(0, part)) for part in parts] == sentences
    for part, start in zip(parts, starts, strict=True):
        assert abs(part.starts_ms + sound.MARGIN_MS - start) <= 120
        # A soft beginning is quieter than any threshold: some silence stays before the first loud sound.
        assert part.starts_ms <= start - 100
    assert heard.speech(1) == []


def test_the_two_ends_do_not_mix() -> None:
    far = quiet(4) + voice.say("네 잘 지내요", "ko", voice.WOMAN, utterance=1)
    ours = quiet(1) + voice.say("안녕하세요, 잘 지내셨어요?", "ko", voice.AGENT, utterance=2)
    heard = sound.read(two_channels(far, ours))
    assert [words_of(heard.wav(channel, part)) for channel in (0, 1) for part in heard.speech(channel)] == [
        "네 잘 지내요",
        "안녕하세요, 잘 지내셨어요?",
    ]


def test_a_breath_inside_a_sentence_does_not_cut_it() -> None:
    first, second = (voice.say(text, "ko", voice.MAN, utterance=n) for n, text in enumerate(("숨이…", "숨을 못 쉬겠")))
    heard = sound.read(two_channels(quiet(1) + first + quiet(0.4) + second + quiet(2), b""))
    assert len(heard.speech(0)) == 1


def test_a_hissing_line_is_not_speech_and_speech_in_it_is_found() -> None:
    hiss = random.Random(5)
    noise = array("h", [hiss.randint(-90, 90) for _ in range(8000 * 6)])
    spoken = array("h", to_pcm16(voice.speak("도와주세요", "ko", voice=voice.WOMAN)))
    at = 8000 * 3
    for place, value in enumerate(spoken):
        noise[at + place] = max(-32768, min(32767, noise[at + place] + value))
    heard = sound.Sound(8000, (noise,))
    parts = heard.speech(0)
    assert len(parts) == 1
    assert parts[0].starts_ms <= 3000 <= parts[0].ends_ms
    assert sound.Sound(8000, (noise[: 8000 * 2],)).speech(0) == []


def test_a_very_long_turn_is_cut_into_pieces_that_leave_nothing_out() -> None:
    talking = voice.speak("그래서 내가 말이지 어제 시장에 갔는데 말이야", "ko", voice=voice.MAN) * 60
    heard = sound.read(two_channels(quiet(1) + talking + quiet(1), b""))
    parts = heard.speech(0)
    assert len(parts) > 1
    assert all(part.ends_ms - part.starts_ms <= sound.LONGEST_MS for part in parts)
    assert all(one.ends_ms == other.starts_ms for one, other in itertools.pairwise(parts))


def test_mu_law_recordings_are_read_too() -> None:
    ulaw = voice.say("네 여보세요", "ko", voice.WOMAN)
    header = b"RIFF" + (36 + len(ulaw)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    shape = b"\x07\x00\x01\x00" + (8000).to_bytes(4, "little") * 2 + b"\x01\x00\x08\x00"
    heard = sound.read(header + shape + b"data" + len(ulaw).to_bytes(4, "little") + ulaw)
    assert heard.channels[0].tobytes() == to_pcm16(ulaw)


@pytest.mark.parametrize("broken", [b"", b"RIFF", b"<html>", b"RIFF\x00\x00\x00\x00WAVEfmt " + b"\x00" * 40])
def test_what_is_no_recording_is_said_to_be_none(broken: bytes) -> None:
    with pytest.raises(UnreadableSound):
        sound.read(broken)


def test_a_five_minute_call_is_cut_within_a_second_or_so() -> None:
    minute = (voice.speak("아이고 그게 말이지", "ko", voice=voice.WOMAN) + quiet(1.5)) * 40
    heard = sound.read(two_channels((minute * 5)[: 8000 * 300], b"\xff" * 8000 * 300))
    began = time.process_time()
    assert heard.speech(0)
    heard.speech(1)
    assert time.process_time() - began < 2.0
