"""What a resident says that the next call should know: how to address them, what they like, what ails them, who is near."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from oncall.sandbox.model.said import Said
from oncall.sandbox.model.wishes import Wish, wish_in

_NAMES = re.compile(
    r"(?P<ko>[가-힣]{2,6}?)(이)?라고 ?(좀 ?|그냥 ?)?(불러|부르|부릅|해 ?줘)|"
    r"(?i:call me|calls? me|i.?m called|i go by|known as)\s+(?P<en>[A-Z][\w'-]+)|(?i:my name.?s?)\s+(?:is\s+)?(?P<mine>[A-Z][\w'-]+)"
)
_KINDS = (
    (
        "complaint",
        re.compile(
            r"(무릎|허리|관절|어깨|손목|발목|다리|팔|목|눈|귀|이빨|치아|잇몸|속|머리|등)(이|가|은|는|도|을|를)?.{0,14}(아프|아파|아픈|시큰|쑤시|쑤셔|저리|저려|침침|불편|결리|결려|어둡|어두|안 ?좋|쓰리|말썽)|"
            r"\b(knees?|back|hips?|shoulders?|wrists?|ankles?|legs?|feet|foot|eyes?|teeth|tooth|joints?|neck|head|stomach|hands?)\b.{0,24}\b(hurts?|hurting|ache?s?|aching|sore|bad|bothers?|bothering|painful?|play(s|ing) up|stiff|giv(es|ing) me|trouble)\b|"
            r"\b(bad|sore|painful|stiff|dodgy) (knees?|back|hips?|shoulders?|legs?|feet|eyes|hands?|neck)\b|arthritis|관절염|디스크",
            re.IGNORECASE,
        ),
    ),
    (
        "interest",
        re.compile(
            r"텃밭|정원|꽃|화분|화초|교회|성당|절에|불공|바둑|장기|화투|윷|노래|트로트|등산|산책|뜨개|그림|붓글씨|서예|책을|책 ?읽|경로당|복지관|야구|낚시|강아지|고양이|드라마|춤|"
            r"(손자|손녀|손주|증손).{0,16}(와|온|왔|오기|놀러|방문|보러)|"
            r"\b(garden\w*|allotment|church|chapel|temple|baduk|bingo|chess|cards|bridge club|knit\w*|crochet\w*|sew\w*|football|cricket|choir|sing(ing)?|bowls|read(ing)? (books?|novels?)|books|crosswords?|bak(e|ing)|paint(ing)?|my (dog|cat)|fishing|danc\w+)\b|"
            r"\bgrand\w+.{0,24}\b(visit\w*|com(es|ing|e) (to|over|on|at|round|by)|came)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "family",
        re.compile(
            r"아들|딸(?!기)|며느리|사위|손자|손녀|손주|증손|동생|언니|누나|형님|남편|아내|영감|할멈|"
            r"\bmy (\w+ )?(sons?|daughters?|grand\w+|husband|wife|brother|sister|niece|nephew|children|family)\b",
            re.IGNORECASE,
        ),
    ),
)
_DENIED = re.compile(
    r"안 ?아프|아프(지|진)는? ?않|안 ?(좋아|가|해)|없어|없습|don.?t (have|like|go|hurt)|doesn.?t|no (pain|family|children)|never|not any",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.?!。…]+[.?!。…]*")


@dataclass(frozen=True, slots=True)
class Memory:
    """One thing to remember; `text` and `quote` stand in the turn word for word, the first as short as can be."""

    kind: str
    text: str
    quote: str
    turn: int


def find_memories(far: Sequence[Said]) -> list[Memory]:
    """In the order said, each once; what was asked to be forgotten is not among them."""
    found: list[Memory] = []
    before: int | None = None
    for said in far:
        if wish_in(said.text) is Wish.FORGET:
            found = [memory for memory in found if memory.turn != before]
        else:
            known = {(memory.kind, memory.text) for memory in found}
            found += [memory for memory in _in_turn(said) if (memory.kind, memory.text) not in known]
        before = said.turn
    return found


def _in_turn(said: Said) -> list[Memory]:
    memories = []
    for match in _SENTENCE.finditer(said.text):
        sentence = match.group().strip()
        if named := _NAMES.search(sentence):
            name = named["ko"] or named["en"] or named["mine"]
            memories.append(Memory("name", name, sentence, said.turn))
        elif not _DENIED.search(sentence):
            kind = next((kind for kind, words in _KINDS if words.search(sentence)), None)
            if kind is not None:
                memories.append(Memory(kind, sentence, sentence, said.turn))
    return memories
