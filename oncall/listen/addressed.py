"""Speech that is no speech: markup, formulas, code and hidden letters on the line, which a person should see (E9, TH-05).

Nobody's grandmother says `<b>` or `=1+1`, and no recogniser writes it of itself: where it stands, somebody addressed the
machine, or a machine somebody. It raises nothing and lowers nothing, the call is only put before a person. What is said to
the machine in plain words is heard by the phrase net. The same goes for a script neither language is written in.
"""

import re
import unicodedata
from dataclasses import replace

from oncall.listen.judgement import Judgement
from oncall.listen.transcript import Transcript

_MARKUP = re.compile(
    r"</?[a-z!][^<>]{0,80}>|<!--|-->|\]\]>|&(?:lt|gt|amp|#\d{1,5});|\{\{|\}\}|\$\{|<%|%>|```|\[/?inst\]|<\|", re.I
)
_JSON = re.compile(
    r"[{\[]\s*[\"'][\w ]{1,30}[\"']\s*:|[\"'][\w ]{1,30}[\"']\s*:\s*[\"'\[{\w]|\b\w{2,20}\s*:\s*(?:\[\]|\{\}|null\b|true\b|false\b)",
    re.I,
)
_FORMULA = re.compile(r"^\s*(?:[=@][A-Za-z가-힣\d(+-]|[+-]\d+[+\-*/]|[+=@-][A-Z]{2,12}\()|=[A-Z]{2,12}\(|\w+\|'")
_SQL = re.compile(
    r"'\s*\)?\s*;|--\s*$|'\s*or\s*'|\b(?:drop|truncate|delete from|insert into|select \*|union select)\b.{0,20}\b(?:table|from|where)\b|;\s*--",
    re.I,
)
_FIELDS = re.compile(r"(?:[\"'][^\"']{0,30}[\"']\s*,\s*){2}|\b[a-z]{2,15}_[a-z]{2,15}\b")
_READ_OUT = re.compile(
    r"꺾쇠|중괄호|대괄호|괄호 열|세미콜론|콜론|슬래시|등호|이퀄|따옴표|제이슨|자바스크립트|스크립트|셀렉트|널 널|리턴 널|엔터 엔터|우물 정 자"
    r"|\b(?:angle|curly|square|open|close|opening|closing) bracket|\bless than\b.{0,20}\bgreater than\b|\bsemicolon|\bcolon quote|\bscript colon"
    r"|^\W*equals\b|\bjson\b|\breturn null|\bjava ?script|\bselect star|\bhash hash|\bnew ?line\b|\bcomma \w+ comma|\bbackslash|\bend tag",
    re.I,
)
_SHAPES = (_MARKUP, _JSON, _FORMULA, _SQL, _FIELDS, _READ_OUT)
_LONGEST = 2000  # letters of a turn that are looked at: every pattern is bounded, and so is what it reads (TH-27)
_FOREIGN = 3  # letters of another script before a turn counts as written in it


def marked(heard: Judgement, transcript: Transcript) -> Judgement:
    """The judgement, for a person to read when a far-end turn is code, hidden letters or another script."""
    if heard.for_review or not any(line.is_far_end and is_no_speech(line.text) for line in transcript.turns):
        return heard
    return replace(heard, for_review=True)


def is_no_speech(text: str) -> bool:
    """Whether these words can hardly have been said by a person to a person."""
    seen = unicodedata.normalize("NFKC", _without_hidden(text[:_LONGEST]))
    return _has_hidden(text[:_LONGEST]) or any(shape.search(seen) for shape in _SHAPES) or _is_foreign(seen)


def _without_hidden(text: str) -> str:
    return "".join(letter for letter in text if not _hidden(letter))


def _has_hidden(text: str) -> bool:
    return any(_hidden(letter) for letter in text)


def _hidden(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cf", "Cc", "Co"} and letter not in "\n\r\t"


def _is_foreign(text: str) -> bool:
    strange = sum(letter.isalpha() and not _is_ours(letter) for letter in text)
    return strange >= _FOREIGN


def _is_ours(letter: str) -> bool:
    """Latin or Hangul; a name is enough to tell."""
    return unicodedata.name(letter, "").split(" ", 1)[0] in {"LATIN", "HANGUL", "FEMININE", "MASCULINE", "MICRO"}
