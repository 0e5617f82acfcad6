"""The lines of a transcript as a prompt carries them."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the transcript."""

    turn: int
    agent: bool
    text: str


def read_transcript(text: str) -> list[Said]:
    """The lines of a prompt that are JSON objects with turn, speaker and text, in order; other lines are passed over."""
    said: list[Said] = []
    for line in text.splitlines():
        line = line.strip().rstrip(",")
        if not line.startswith("{"):
            continue
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(row.get("text"), str) and {"turn", "speaker"} <= row.keys():
            number = row["turn"]
            said.append(
                Said(int(number) if str(number).isdigit() else len(said), row["speaker"] == "agent", row["text"])
            )
    return said


def pairs(transcript: list[Said]) -> list[tuple[str, Said]]:
    """Each far-end turn with the agent's words before it."""
    found = []
    question = ""
    for said in transcript:
        if said.agent:
            question = said.text
        else:
            found.append((question, said))
    return found
