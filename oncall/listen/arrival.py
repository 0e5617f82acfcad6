"""Arrival: whether what a person arranged has come, as the resident tells in the next call (C-40).

The model is asked; where it is silent, a plain question of ours about it and a plain answer after it are enough.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from sqlmodel import Session, col, select

from oncall.listen.transcript import Line
from oncall.models import Event, HelpRequest, RequestState, Resident, Verb

_ASKS = re.compile(
    r"왔|오셨|오던가|도착|받으|받았|다녀갔|고쳐|고치|고쳤|해결|arriv|\bcome\b|\bcame\b|receiv|\bget\b|\bgot\b|turn up|fixed",
    re.I,
)
_NO = re.compile(
    r"안 ?왔|안 ?오|안 ?온|못 ?받|안 ?받|아직|안 ?고쳐|안 ?해 ?줬|소식.{0,6}없|감감|아니|"
    r"\bnot\b|n't\b|\bno\b|never|nothing|nobody|still waiting",
    re.I,
)
_YES = re.compile(
    r"왔(어|습|지|네|다|더|던)|왔$|왔어|받았|도착했|오셨|다녀갔|고쳐 ?(줬|주셨|졌)|잘 ?(왔|받|돼|됩)|^\W*(네|예|응|그럼|그래|어)(?!\w)|"
    r"\byes\b|\byeah\b|\byep\b|\barrived\b|\bcame\b|\bgot (it|them)\b|\breceived\b|it did|they did",
    re.I,
)
_WORD = re.compile(r"\w{2,}")
_COMMON = {
    "보내",
    "드리",
    "해드",
    "이번",
    "다음",
    "주에",
    "에서",
    "으로",
    "the",
    "and",
    "will",
    "you",
    "for",
    "with",
    "on",
}


class Arrived(StrEnum):
    """What the resident says of one promise."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Promise:
    """One thing a person arranged, `since` then, in the words that may be said; `lines` of the call may ask about it."""

    request_id: UUID
    words: str
    since: datetime | None = None


def heard(promises: Sequence[Promise], told: dict[int, Arrived], lines: list[Line]) -> dict[UUID, Arrived]:
    """By request: the model's word where it has one (`told`, by place), else what the turns plainly say."""
    found = {}
    for place, promise in enumerate(promises):
        said = told.get(place, Arrived.UNCLEAR)
        found[promise.request_id] = said if said is not Arrived.UNCLEAR else plainly(promise.words, lines)
    return found


def plainly(words: str, lines: list[Line]) -> Arrived:
    """Yes or no where we asked about these words and the next answer has a plain word of either; else unclear."""
    for asked, answer in pairwise(lines):
        if (
            asked.is_far_end
            or not answer.is_far_end
            or not _ASKS.search(asked.text)
            or not speaks_of(words, asked.text)
        ):
            continue
        if _NO.search(answer.text):
            return Arrived.NO
        if _YES.search(answer.text):
            return Arrived.YES
    return Arrived.UNCLEAR


def speaks_of(words: str, said: str) -> bool:
    """Whether `said` names what `words` are about: a content word of theirs begins one of its own."""
    ours = _words(said)
    stems = [word[:2] if "가" <= word[0] <= "힣" else word for word in _words(words)]
    return any(one.startswith(stem) for stem in stems if stem not in _COMMON for one in ours)


def was_told(words: str, said: str) -> bool:
    """Whether `said` tells what `words` say: most of their content words are in it."""
    ours, stems = _words(said), [word[:3] if "가" <= word[0] <= "힣" else word for word in _words(words)]
    there = [stem for stem in stems if any(one.startswith(stem) for one in ours)]
    return len(there) * 2 > len(stems)


def note_told(session: Session, resident: Resident, lines: list[Line], now: datetime) -> None:
    """What cannot be done and was told in this call is not told again in the next."""
    ours = [line.text for line in lines if not line.is_far_end]
    untold = select(HelpRequest).where(
        HelpRequest.resident_id == resident.id, HelpRequest.state == RequestState.DECLINED,
        col(HelpRequest.told_at).is_(None),
    )  # fmt: skip
    for request in session.exec(untold):
        if any(was_told(request.may_be_told(resident.seal), said) for said in ours):
            request.told_at = now
            session.add(request)


def write_down(session: Session, found: dict[UUID, Arrived], attempt_id: UUID, now: datetime) -> list[HelpRequest]:
    """ARRIVED or MISSING for what was told, each with an Event; returns those that are missing. Only what still stands
    as arranged changes: a person may have been quicker."""
    missing: list[HelpRequest] = []
    for request_id, arrived in found.items():
        request = session.get(HelpRequest, request_id, with_for_update=True)
        if arrived is Arrived.UNCLEAR or request is None or request.state is not RequestState.ARRANGED:
            continue
        to = RequestState.ARRIVED if arrived is Arrived.YES else RequestState.MISSING
        session.add(Event(at=now, verb=Verb.REQUEST_CHANGED, resident_id=request.resident_id,
                          about=f"request:{request.id}",
                          detail={"from": request.state.value, "to": to.value, "attempt": str(attempt_id)}))  # fmt: skip
        request.state, request.changed_at, request.told_at = to, now, now
        session.add(request)
        if to is RequestState.MISSING:
            missing.append(request)
    session.flush()
    return missing


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())
