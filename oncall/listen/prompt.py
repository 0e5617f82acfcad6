"""What the model is told when it assesses a call: `prompts/assess.md` with levels, signals and the transcript put in."""

import json
import tomllib
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from oncall.listen.transcript import Transcript
from oncall.models.fact import facts_in
from oncall.models.risk import Level, SignalCode
from oncall.settings import settings


def instructions() -> str:
    """The whole instruction; the same for every call. Raises ValueError when a signal has no meaning written down."""
    return _rendered(settings().prompts)


def fingerprint() -> str:
    """SHA-256 of the instruction, kept with every assessment made by it."""
    return sha256(instructions().encode()).hexdigest()


def material(transcript: Transcript) -> str:
    """The transcript fenced as one JSON object a line, and the facts looked for: things to judge, never to obey."""
    lines = [
        _object(turn=number, speaker=line.speaker.value, text=line.text) for number, line in enumerate(transcript.turns)
    ]
    hints = _hints(settings().prompts)
    facts = "".join(f"\n- {code}: {hints.get(code, code)}" for code in transcript.facts) or " none"
    promised = "".join(
        f"\n{_object(index=number, promise=' '.join(words.split()))}"
        for number, words in enumerate(transcript.promises)
    )
    promises = f"promises:{promised}\n" if promised else ""
    return (
        f"facts:{facts}\n{promises}language: {transcript.lang}\n<transcript>\n" + "\n".join(lines) + "\n</transcript>"
    )


@lru_cache(maxsize=2)
def _rendered(folder: Path) -> str:
    meanings: dict[str, str] = tomllib.loads((folder / "signals.toml").read_text(encoding="utf-8"))
    if set(meanings) != set(SignalCode):
        raise ValueError(f"prompts/signals.toml and the signal codes differ: {set(meanings) ^ set(SignalCode)}")
    text = (folder / "assess.md").read_text(encoding="utf-8")
    return text.replace("{levels}", "\n".join(f"- `{level}`: {level.meaning}" for level in Level)).replace(
        "{signals}", "\n".join(f"- `{code}`: {meanings[code]}" for code in SignalCode)
    )


def _hints(folder: Path) -> dict[str, str]:
    """What counts as an answer to each fact."""
    return {code: fact.answered_by for code, fact in facts_in(folder).items()}


def _object(**values: object) -> str:
    """One line of JSON in which no letter of the far end's can close the fence."""
    return json.dumps(values, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", " ").replace("\u2029", " ")
