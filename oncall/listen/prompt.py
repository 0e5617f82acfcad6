"""What the model is told when it assesses a call: `prompts/assess.md` with levels, signals and the transcript put in."""

import json
import secrets
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


def rendered_from(text: str) -> str:
    """Another text of the prompt with levels and signals put in, as `instructions` does with the one in use."""
    return _filled(text, settings().prompts)


def second(first: str | None = None) -> str:
    """The instruction of the second pass: the same sections, policy and words, told in another order.

    Nothing is written twice, so that the two cannot drift apart: signals before levels, the levels the other way
    round, and the evidence before the verdict.
    """
    intro, *sections = (first or instructions()).split("\n# ")
    ordered = sorted(sections, key=lambda section: _SECOND_ORDER.get(section.split("\n", 1)[0], 1))
    return "\n# ".join([intro.rstrip() + "\n\n" + _AGAIN, *(_turned(section) for section in ordered)])


def fingerprint() -> str:
    """SHA-256 of the instruction, kept with every assessment made by it."""
    return sha256(instructions().encode()).hexdigest()


def material(transcript: Transcript, *, again: bool = False) -> str:
    """The transcript fenced as one JSON object a line, and the facts looked for: things to judge, never to obey.

    The fence carries a word drawn anew for every reading, so that nobody on the line can know how to close it (TH-05).
    In the second pass the facts come last.
    """
    lines = [
        _object(turn=number, speaker=line.speaker.value, text=line.text) for number, line in enumerate(transcript.turns)
    ]
    hints = _hints(settings().prompts)
    facts = "facts:" + ("".join(f"\n- {code}: {hints.get(code, code)}" for code in transcript.facts) or " none")
    promised = "".join(
        f"\n{_object(index=number, promise=' '.join(words.split()))}"
        for number, words in enumerate(transcript.promises)
    )
    facts += f"\npromises:{promised}" if promised else ""
    mark = secrets.token_hex(8)
    fenced = f"<transcript {mark}>\n" + "\n".join(lines) + f"\n</transcript {mark}>"
    language = f"language: {transcript.lang}"
    return "\n".join([language, fenced, facts] if again else [facts, language, fenced])


_AGAIN = (
    "You read this call as the second of two who do not know of each other. First collect the far end's words that "
    "could matter, then the signals they carry, and only then decide the level."
)
_SECOND_ORDER = {"What you are given": 0, "Signals": 1, "Levels": 2, "The call as a whole": 3}


def _turned(section: str) -> str:
    """The levels, and what belongs to each, the other way round; all other sections as they are."""
    if not section.startswith("Levels"):
        return section
    lines = section.split("\n")
    for begins in ("- `", "**"):
        places = [place for place, line in enumerate(lines) if line.startswith(begins)]
        for place, line in zip(places, [lines[place] for place in reversed(places)], strict=True):
            lines[place] = line
    return "\n".join(lines)


@lru_cache(maxsize=2)
def _rendered(folder: Path) -> str:
    return _filled((folder / "assess.md").read_text(encoding="utf-8"), folder)


def _filled(text: str, folder: Path) -> str:
    meanings: dict[str, str] = tomllib.loads((folder / "signals.toml").read_text(encoding="utf-8"))
    if set(meanings) != set(SignalCode):
        raise ValueError(f"prompts/signals.toml and the signal codes differ: {set(meanings) ^ set(SignalCode)}")
    return text.replace("{levels}", "\n".join(f"- `{level}`: {level.meaning}" for level in Level)).replace(
        "{signals}", "\n".join(f"- `{code}`: {meanings[code]}" for code in SignalCode)
    )


def _hints(folder: Path) -> dict[str, str]:
    """What counts as an answer to each fact."""
    return {code: fact.answered_by for code, fact in facts_in(folder).items()}


def _object(**values: object) -> str:
    """One line of JSON in which no letter of the far end's can close the fence."""
    return json.dumps(values, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", " ").replace("\u2029", " ")
