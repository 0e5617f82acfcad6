"""Was that a yes, a no, or neither: read by rule, so that it works with every model down.

Only what is clearly a no is one. Half denials ("아니 그런 건 아닌데"), double negatives ("없는 건 아니에요", H-06) and
denials with danger in the same breath are never taken for it.
"""

import re
import unicodedata
from enum import StrEnum


class Answer(StrEnum):
    """What an answer comes to."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    NOT_HEARD = "not_heard"  # nothing was said, or they ask what was said


_NOT_HEARD = re.compile(
    r"((네|예|응|어)\?|(네 )?(뭐|뭐라|무슨|누구)(고|구|라고|라구)?(요)?( 하셨|하셨)?.{0,5}|여보세요.{0,5}|.{0,6}(안|못) ?들(려|었|리).{0,6}|"
    r"다시.{0,10}|크게.{0,10}|what(\?| did you say.*| was that.*)?|pardon.*|sorry\??|huh\??|hello\??|say (that|it) again.*|"
    r"(i )?(can'?t|couldn'?t|didn'?t) (hear|catch).*)"
)
_DOUBLE_NO = re.compile(
    r"(없|안|않|아닌|아니)[^ ]{0,4} ?건 ?아니|[없않]진 ?않|[없않]지[는도]? ?않|(can'?t|cannot|couldn'?t|wouldn'?t) say (that )?i (don|haven|am not)|"
    r"not that i (don|haven)"
)
_WAVERS = re.compile(
    r"모르|글쎄|[^ ]데요?(?= |,|$)|지만|[그하]지 ?뭐|근데|가끔|때론|때때로|어떨 ?땐|maybe|perhaps|not (really|exactly|sure)|(don'?t|do not) know|\bbut\b|"
    r"though|sometimes|depends"
)
_DENIED = re.compile(
    r"(죽[^ ]* ?)?(싶[은다]?[는단]?|그런|그럴|그) ?(생각|마음|거|건|적|맘)[은는이도을]?( ?전혀| ?절대| ?하나도)? ?(없|안 ?[하했해]|하지 ?않|아니)"
)
_DANGER = re.compile(
    r"죽|약을|약 ?먹|목을|목 ?매|뛰어|칼|끝내|끝낼|모아|지금 ?하|따라가|die|dead|kill|pill|jump|end it|hang|knife|overdose"
)
_SIGHS = re.compile(r"^((아이고|아이구|에이|어휴|에휴|아휴|아|에|저|뭐|음|oh|well|um|uh|ah)[, ]+)+")
_NO = re.compile(
    r"(아니|아뇨|아냐|아닙|아녀|없[어습지다네]|안 ?[했해그들할돼되]|못 ?[했해]|싫|전혀|절대|그냥 (하는|해 ?본|한) (말|소리)|말이 그렇|농담|"
    r"no\b|nope|nah\b|never|i (don'?t|haven'?t|can'?t|do not|am not)|i'?m not|it'?s not|of course not|"
    r"(it'?s )?(just|only) (a |an )?(saying|expression|joke|figure))"
)
_YES = re.compile(
    r"(네|예|넵|응|어|엉|그래|그럼|그렇|그랬|맞|있[어습지다네]|했[어지]|됐|돼|하모|싶|괜찮|할 ?수 ?있|열[려렸]|혼자|yes|yeah|yep|yup|ye?ah|i (do|have|am|did|can)\b|"
    r"i'm\b|it is\b|right\b|sure\b|ok(ay)?\b|of course\b|true\b|mm)"
)


def reading(words: str) -> Answer:
    """What `words`, said after a yes-or-no question, come to; the keys 1 and 2 are yes and no."""
    said = re.sub(r"\s+", " ", unicodedata.normalize("NFC", words).lower().replace("’", "'")).strip(" .!,~…")
    if said in {"1", "2"}:
        return Answer.YES if said == "1" else Answer.NO
    if not said or _NOT_HEARD.fullmatch(said):
        return Answer.NOT_HEARD
    if _DOUBLE_NO.search(said):
        return Answer.YES
    said = _SIGHS.sub("", said)
    if _WAVERS.search(said):
        return Answer.UNCLEAR
    denies = _DENIED.search(said) or _NO.match(said)
    if denies:
        return Answer.UNCLEAR if _DANGER.search(_DENIED.sub("", said)) else Answer.NO
    if _YES.match(said) or _DANGER.search(said):
        return Answer.YES
    return Answer.UNCLEAR


def is_back_channel(words: str) -> bool:
    """No more than a sign of listening (네, 응, mm): nothing that asks to be answered."""
    said = re.sub(r"[\s.,!~…]+", " ", unicodedata.normalize("NFC", words).lower()).strip()
    return all(word in _NODS for word in said.split())


_NODS = {
    "네",
    "예",
    "응",
    "어",
    "음",
    "그래",
    "그래요",
    "알았어",
    "알았어요",
    "알겠어요",
    "아이고",
    "yes",
    "ok",
    "okay",
    "mm",
    "hm",
    "right",
    "yeah",
}
