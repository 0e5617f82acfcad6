"""Judging a transcript the way the stand-in can: phrases in, an object that fits the caller's schema out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from oncall.sandbox.model import meaning
from oncall.sandbox.model.briefing import language_of
from oncall.sandbox.model.filling import fill, fits, option, resolve
from oncall.sandbox.model.remembering import find_memories
from oncall.sandbox.model.risk_reading import LEVELS, Finding, find_worries, rank
from oncall.sandbox.model.said import Said, pairs
from oncall.sandbox.model.topics import is_about
from oncall.sandbox.model.wishes import Wish, wish_in

_MACHINE = re.compile(
    r"음성 ?사서함|소리샘|삐 ?소리|고객(님)?(이|께서) 전화를 받|연결이 되지|voice ?mail|leave (a|your) message|after the (tone|beep)|not available|can.?t (come to|take) (the|your)",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"싶|필요|부탁|신청|해 ?주|보내|알려|있었으면|want|need|would like|could|please|can", re.IGNORECASE
)


def assess(transcript: list[Said], schema: Mapping[str, Any]) -> Any:
    """An object for `schema`: the names the stand-in knows are answered, every other property is neutral."""
    return Assessment(transcript, schema).fill()


_KIND = ("kind", "type", "category")


class Assessment:
    """The findings of one transcript and how each known property is answered from them."""

    def __init__(self, transcript: list[Said], schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._transcript = transcript
        self._far = [said for said in transcript if not said.agent]
        self._answers = {said.turn: question for question, said in pairs(transcript)}
        self._found = self._findings()
        self._wishes = {wish for said in self._far if (wish := wish_in(said.text)) is not None}
        self._by = self._answered_by()

    def fill(self) -> Any:
        """The whole object."""
        top = self._found[0][1] if self._found else None
        unknown = self._by in ("machine", "unknown") or not any(
            not meaning.is_unclear(said.text) and not meaning.only_greets(said.text) for said in self._far
        )
        level = top.level if top else "none"
        said = " / ".join(f"{finding.code}: {finding.text}" for _, finding in self._found[:5])
        return fill(
            self._schema,
            {
                "level": level,
                "overall_level": level,
                "risk_level": level,
                "unknown": unknown or (self._by == "other" and top is None),
                "signals": self._signals,
                "wants_human": Wish.WANTS_PERSON in self._wishes,
                "opt_out": Wish.OPT_OUT in self._wishes,
                "later": Wish.LATER in self._wishes,
                "answered_by": self._by,
                "requests": self._requests,
                "summary": self._summary(said),
                "facts": self._facts,
                "coverage": self._facts,
                "remember": self._remember,
                "language": language_of(" ".join(turn.text for turn in self._far)) or "ko",
                "confidence": lambda part: self._confidence(part, 0.9),
            },
        )

    def _findings(self) -> list[tuple[int, Finding]]:
        """The strongest finding of each code with its turn, strongest first; two-turn stories are read together."""
        best: dict[str, tuple[int, Finding]] = {}
        before: Said | None = None
        for said in self._far:
            found = [(said.turn, finding) for finding in find_worries(said.text, self._answers.get(said.turn, ""))]
            if before is not None:
                # What neither sentence says alone: the part in this turn is the evidence.
                for finding in find_worries(f"{before.text} {said.text}"):
                    if finding.text.endswith(said.text) and finding.text != said.text:
                        found.append((said.turn, Finding(finding.code, finding.level, finding.subject, said.text)))
            before = said
            for turn, finding in found:
                known = best.get(finding.code)
                if known is None or rank(finding.level) > rank(known[1].level):
                    best[finding.code] = (turn, finding)
        return sorted(best.values(), key=lambda pair: -rank(pair[1].level))

    def _answered_by(self) -> str:
        words = " ".join(said.text for said in self._far)
        if _MACHINE.search(words):
            return "machine"
        if self._wishes & {Wish.WRONG_PERSON, Wish.DECEASED} or any(meaning.is_kin(said.text) for said in self._far):
            return "other"
        if any(finding.subject == "household" for _, finding in self._found):
            return "other"
        return "resident" if words.strip(" □") else "unknown"

    def _signals(self, schema: Mapping[str, Any]) -> list[Any]:
        root = self._schema
        array = option(schema, root, "array") or {}
        item = resolve(array.get("items", {}), root)
        signals = []
        for turn, finding in self._found:
            evidence = {
                "turn": turn,
                "turn_index": turn,
                "text": finding.text,
                "quote": finding.text,
                "words": finding.text,
            }
            signals.append(
                fill(
                    item,
                    {
                        "code": finding.code,
                        "level": finding.level,
                        "subject": finding.subject,
                        "tense": "now" if rank(finding.level) >= rank("urgent") else "recent",
                        "confidence": lambda part: self._confidence(part, 0.9),
                        "evidence": lambda part, evidence=evidence: self._listed(part, evidence),
                        "quote": finding.text,
                        "turn": turn,
                    },
                    root=root,
                )
            )
        return signals

    def _listed(self, schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
        """One evidence object in a list, or whatever single thing the schema asks for."""
        root = self._schema
        array = option(schema, root, "array")
        if array is None:
            inner = option(schema, root, "object")
            return fill(inner, known, root=root) if inner is not None else known["text"]
        item = resolve(array.get("items", {}), root)
        return [fill(item, known, root=root) if "properties" in item else known["text"]]

    def _confidence(self, schema: Mapping[str, Any], value: float) -> Any:
        if option(schema, self._schema, "string") is not None:
            allowed = option(schema, self._schema, "string") or {}
            return "high" if "high" in allowed.get("enum", ["high"]) else allowed["enum"][0]
        if option(schema, self._schema, "number") is not None:
            return value
        part = option(schema, self._schema, "integer") or {}
        return min(int(part.get("maximum", 100)), 90)

    def _requests(self, schema: Mapping[str, Any]) -> list[Any]:
        root = self._schema
        item = resolve((option(schema, root, "array") or {}).get("items", {}), root)
        made = [
            (turn, finding.text)
            for turn, finding in self._found
            if finding.code == "service_request" and _ASKING.search(finding.text)
        ]
        made += [(said.turn, said.text) for said in self._far if wish_in(said.text) is Wish.WANTS_PERSON]
        return [
            fill(item, {"what": text, "text": text, "words": text, "quote": text, "turn": turn}, root=root)
            if "properties" in item
            else text
            for turn, text in made
        ]

    def _remember(self, schema: Mapping[str, Any]) -> list[Any]:
        """What is worth knowing at the next call, of the kinds the schema lists (all kinds when it lists none)."""
        root = self._schema
        array = option(schema, root, "array") or {}
        item = resolve(array.get("items", {}), root)
        parts = {name: resolve(part, root) for name, part in item.get("properties", {}).items()}
        kinds = next((parts[name]["enum"] for name in _KIND if "enum" in parts.get(name, {})), None)
        kept = [memory for memory in find_memories(self._far) if kinds is None or memory.kind in kinds]
        filled = []
        for memory in kept[: array.get("maxItems", len(kept))]:
            known: dict[str, Any] = dict.fromkeys(_KIND, memory.kind)
            known |= dict.fromkeys(("text", "value", "what", "name"), memory.text)
            known |= dict.fromkeys(("quote", "words", "evidence"), memory.quote)
            known |= dict.fromkeys(("turn", "turn_index"), memory.turn)
            filled.append(fill(item, known, root=root) if parts else memory.text)
        return filled

    def _facts(self, schema: Mapping[str, Any]) -> Any:
        """One entry for every fact code the schema lists: answered with the words after a question about it, or not."""
        root = self._schema
        array = option(schema, root, "array")
        if array is None:
            inner = option(schema, root, "object")
            if inner is None:
                return None
            parts = inner.get("properties", {})
            return {code: self._fact(code, resolve(part, root)) for code, part in parts.items()}
        item = resolve(array.get("items", {}), root)
        for name, part in item.get("properties", {}).items():
            codes = resolve(part, root).get("enum")
            if codes and name in ("code", "fact", "name", "id"):
                return [self._fact(code, item) for code in codes]
        return []

    def _fact(self, code: str, schema: Mapping[str, Any]) -> Any:
        answer = next(
            (
                said
                for said in self._far
                if is_about(self._answers.get(said.turn, ""), code) and wish_in(said.text) is not Wish.SAY_AGAIN
            ),
            None,
        )
        status = "not_asked" if answer is None else "unclear" if meaning.is_unclear(answer.text) else "answered"
        level = max((f.level for turn, f in self._found if answer and turn == answer.turn), key=rank, default="none")
        text = answer.text if answer else None
        if option(schema, self._schema, "object") is None:
            if fits(status, schema, self._schema) and "enum" in (option(schema, self._schema, "string") or {}):
                return status
            return text if option(schema, self._schema, "string") is not None else None
        return fill(
            schema,
            {
                "code": code,
                "fact": code,
                "name": code,
                "status": status,
                "level": level if level in LEVELS else "none",
                "unknown": status != "answered",
                "words": text,
                "text": text,
                "quote": text,
                "answer": text,
                "turn": answer.turn if answer else None,
            },
            root=self._schema,
        )

    def _summary(self, said: str) -> str:
        korean = language_of(" ".join(turn.text for turn in self._far)) != "en"
        if said:
            return f"걱정되는 말씀이 있었습니다. {said}" if korean else f"There were worrying words. {said}"
        if not self._far:
            return "통화에서 들린 말이 없습니다." if korean else "Nothing was heard in the call."
        return "특별히 걱정되는 말씀은 없었습니다." if korean else "Nothing worrying was said."
