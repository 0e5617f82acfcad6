"""What people might say, in many mouths: the net hears at least what it heard when these were last read."""

from collections import Counter
from pathlib import Path

from oncall.listen.safety import Ear
from oncall.models.risk import Level

LEVELS = {"E": Level.EMERGENCY, "U": Level.URGENT, "C": Level.CONCERN, "N": Level.NONE}


def _heard(turns: str, language: str) -> Level:
    ear, question, gravest = Ear(language), "", Level.NONE
    for turn in map(str.strip, turns.split("//")):
        if turn.startswith("Q:"):
            question = turn[2:].strip()
            continue
        gravest = max(gravest, ear.hear(turn, question).level, key=lambda level: level.rank)
        question = ""
    return gravest


def test_of_what_was_written_for_many_mouths_the_net_hears_nearly_all_and_cries_wolf_hardly_ever() -> None:
    """Not a measure of unseen speech: these sentences have been read since."""
    lines = (Path(__file__).parent / "said_ko.txt").read_text(encoding="utf-8").splitlines()
    said = [line.split("|", 1) for line in lines if line and not line.startswith("#")]
    of, heard, alarmed = Counter[str](), Counter[str](), Counter[str]()
    for label, turns in said:
        level = _heard(turns, "ko")
        of[label] += 1
        heard[label] += level.rank >= LEVELS[label].rank
        alarmed[label] += level.rank >= Level.URGENT.rank
    assert heard["E"] >= 0.97 * of["E"] > 300
    assert heard["U"] >= 0.97 * of["U"] > 200
    assert alarmed["N"] == 0 < of["N"]
    assert alarmed["C"] <= 0.25 * of["C"]  # a need that is no danger yet, taken for one: a person looks sooner
