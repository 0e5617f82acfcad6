"""The carrier's own tape of a call: both sides from pick-up to hang-up, the words in the sound readable, lost ones seen."""

from pathlib import Path

from oncall.sandbox.phone.tape import Tape, read_tape
from oncall.sandbox.sound import FRAME, SILENCE, read_words
from oncall.sandbox.voice import say
from tests.journeys.listening import Tape as Listened
from tests.journeys.listening import utterances


def kept(folder: Path, said: bytes, heard: bytes) -> Path:
    tape = Tape()
    for at in range(0, max(len(said), len(heard)), FRAME):
        tape.tap(said[at : at + FRAME].ljust(FRAME, b"\xff"), heard[at : at + FRAME].ljust(FRAME, b"\xff"))
    tape.store(folder / "tapes" / "CA1.wav")
    return folder / "tapes" / "CA1.wav"


def test_both_sides_come_back_as_they_were(tmp_path: Path) -> None:
    said, heard = say("여보세요?", "ko", utterance=7), say("안녕하세요. 식사는 하셨어요?", "ko", utterance=8)
    file = kept(tmp_path, said, heard)
    assert file.read_bytes()[:4] == b"RIFF"
    left, right = read_tape(file)
    assert (left[: len(said)], right) == (said, heard)
    assert (read_words(left), read_words(right)) == ("여보세요?", "안녕하세요. 식사는 하셨어요?")


def test_an_utterance_cut_off_or_with_a_hole_in_it_is_not_whole(tmp_path: Path) -> None:
    one, two = say("잘 지내시나 여쭤볼게요.", "ko", utterance=1), say("고맙습니다.", "ko", utterance=2)
    half = one[: len(one) // 2 // FRAME * FRAME]
    holed = one[: 20 * FRAME] + one[24 * FRAME :]
    quiet = SILENCE * 50
    heard = Listened.of(kept(tmp_path, b"", quiet + half + quiet + two + quiet + holed))
    assert [(spoken.words == "고맙습니다.", spoken.is_whole) for spoken in heard.ours] == [
        (False, False), (True, True), (False, False),
    ]  # fmt: skip
    assert 1.0 <= heard.first_sound <= 1.1
    assert heard.ours[1].starts > heard.ours[0].ends
    assert [spoken.is_whole for spoken in utterances(one + two)] == [True, True]
