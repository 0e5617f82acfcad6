"""Recognising worrying words in one turn of the far end, by a table of phrases (risk_phrases.toml)."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

LEVELS = ("none", "watch", "concern", "urgent", "emergency")
_NOT_HERE = re.compile(
    r"드라마|뉴스|텔레비|티비|\bTV\b|영화|소설|꿈에|옛날에|젊었을|어릴 ?때|작년|재작년|년 ?전|옆집|농담|"
    r"on (the )?(tv|telly|news|radio)|in the (film|movie|book|news|paper)|years ago|last year|when i was (young|little|a )|"
    r"just (joking|kidding)|used to",
    re.IGNORECASE,
)
_IDIOM = re.compile(
    r"(고파|좋아|웃겨|더워|추워|심심해|바빠|아파|궁금해|반가워|피곤해|힘들어) ?죽[겠는을]|죽을 ?(맛|만큼|뻔)|"
    r"dying (to|for)|to die for|kill(s|ing) me|scared to death|over my dead",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"^\S{0,6}\s*(것|거|데|적|일|생각|건|점|증상)?(은|는|도|이|건)?\s*(전혀 |별로 |하나도 |뭐 )?(없|않|아니|안 (그|했|해|나|납))|"
    r"^\S{0,3}거나.{0,24}지(는|도)? ?않"
)
_DENIED_BEFORE = re.compile(
    r"\b(no|not|never|haven.?t|hasn.?t|don.?t|doesn.?t|didn.?t|isn.?t|without|any)\b[^,;]{0,28}$", re.IGNORECASE
)
_DENIED_INSIDE = re.compile(r"(does|is|do|did|has)n.?t (hurt|ache|feel (heavy|tight)|have)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.?!。…])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One worry in one turn; `text` is the verbatim sentence (or sentences) it stands in."""

    code: str
    level: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table, compiled."""

    code: str
    level: str
    subject: str
    patterns: re.Pattern[str]
    deniable: bool
    unless: re.Pattern[str] | None
    asked: re.Pattern[str] | None
    eased: re.Pattern[str] | None
    eased_level: str


def find_worries(text: str, question: str = "") -> list[Finding]:
    """The worries in a turn that answers `question`, the highest level of each code, most serious first."""
    found: dict[str, Finding] = {}
    for rule in _rules():
        if rule.asked is not None and not rule.asked.search(question):
            continue
        for finding in _matches(rule, text):
            known = found.get(rule.code)
            if known is None or rank(finding.level) > rank(known.level):
                found[rule.code] = finding
    return sorted(found.values(), key=lambda finding: -rank(finding.level))


def rank(level: str) -> int:
    """0 for none up to 4 for emergency."""
    return LEVELS.index(level)


def _matches(rule: Rule, text: str) -> Iterator[Finding]:
    for match in rule.patterns.finditer(text):
        start, end = _sentences_around(text, match.start(), match.end())
        sentence = text[start:end]
        if _NOT_HERE.search(sentence) or _IDIOM.search(sentence):
            continue
        if rule.unless is not None and rule.unless.search(sentence):
            continue
        if rule.deniable and (
            _DENIED_AFTER.search(text[match.end() : end])
            or _DENIED_BEFORE.search(text[start : match.start()])
            or _DENIED_INSIDE.search(match.group())
        ):
            continue
        level = rule.eased_level if rule.eased is not None and rule.eased.search(text) else rule.level
        yield Finding(rule.code, level, rule.subject, sentence)


def _sentences_around(text: str, first: int, last: int) -> tuple[int, int]:
    """Bounds, without surrounding blanks, of the sentences that hold text[first:last]."""
    breaks = [(gap.start(), gap.end()) for gap in _SENTENCE_END.finditer(text)]
    start = max((after for _, after in breaks if after <= first), default=0)
    end = min((before for before, _ in breaks if before >= last), default=len(text))
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


@functools.cache
def _rules() -> tuple[Rule, ...]:
    table = tomllib.loads((files(__package__) / "risk_phrases.toml").read_text("utf-8"))
    return tuple(
        Rule(
            row["code"],
            row["level"],
            row.get("subject", "resident"),
            re.compile("|".join(f"(?:{pattern})" for pattern in row["patterns"]), re.IGNORECASE | re.DOTALL),
            row.get("deniable", False),
            _optional(row.get("unless")),
            _optional(row.get("asked")),
            _optional(row.get("eased")),
            row.get("eased_level", row["level"]),
        )
        for row in table["rule"]
    )


def _optional(pattern: str | None) -> re.Pattern[str] | None:
    return re.compile(pattern, re.IGNORECASE) if pattern else None
