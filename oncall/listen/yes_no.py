"""A plain yes or a plain no, and questions to which one is an answer."""

import re
from enum import StrEnum


class YesNo(StrEnum):
    """How a short answer answers."""

    YES = "yes"
    NO = "no"


_FILL = {
    "ko": "지금|지금은|지금요|지금도|좀|조금|조금요|아주|많이|막|그래|그래요|그렇죠|그렇지|그렇지요|뭐|여보|선생님|계속|아까부터|어제부터|에|어|음|아이고|아유",
    "en": "uh|um|er|well|oh|dear|love|now|right now|a bit|a little|very much|i am|i do|i have|it is|it does|i did|i was|please|sir|still",
}
_YES = {
    "ko": (
        "네|예|넵|네에|녜|응|으응|어|어어|엉|그래|그래요|그럼|그럼요|그렇소|그렇습니다|그렇죠|그렇지|그렇지요|그렇다니까|그렇다니까요|"
        "그런 것 같아요|그런 것 같아|그런 거 같아요|그런 거 같아|맞아|맞아요|맞습니다|맞지|맞소|맞다|하모|하모요|하믄|하믄요|"
        "기여|기라|기지|그려|그려요|그라제|그라지|암|암요|있어|있어요|있지|있습니다|있소|조금|조금요|좀요|좀 그래|좀 그래요|"
        "마씸|기우다|경허우다|그러게|그러게요|그렇네|그렇네요|해요|그러네|내래 그렇소|일없지 않소|가끔|가끔요|자꾸 그래|자꾸 그래요|맨날 그래|빨리|빨리요|얼른요|그러네|그러네요"
    ),
    "en": (
        "yes|yeah|yep|yup|aye|ye|yes i am|yes i do|yes it is|i am|i do|it is|it does|i have|i did|that is right|thats right|"
        "right|correct|uh huh|mhm|mm|sure|of course|a bit|a little|i think so|afraid so|im afraid so|i suppose so|yes please|"
        "i have been|it has|they are|they do|he is|she is|he does|she does"
    ),
}
_NO = {
    "ko": (
        "아니|아니요|아니오|아뇨|아니에요|아녀|아녀요|아니여|아입니더|아임더|아니라예|아이다|아이라|없어|없어요|없습니다|없소|없지|"
        "못 해|못 해요|못해|못해요|안 돼|안 돼요|안돼|안돼요|안 되네|못 하겠어|못 하겠어요|못하겠어|못하겠어요|그건 못 해|그건 안 돼|"
        "아니우다|어서|아직|아직요|아직 안|아직 못|아직 안 했어|아직 안 먹었어|하나도|하나도 없어|하나도 없어요|전혀|전혀요|못|못 하지"
    ),
    "en": (
        "no|nope|nah|no i cant|i cant|no i havent|i havent|no i dont|i dont|not really|not yet|none|nothing|nobody|no one|never|"
        "not any more|no im not|im not|no there isnt|there isnt|no i didnt|i didnt|no it isnt|it isnt|i couldnt|no not"
    ),
}
_EDGES = re.compile(r"[\s,.?!…~\-\"“”·。？！]+")


def _all_of(words: str, fill: str) -> re.Pattern[str]:
    one = "|".join(sorted(words.split("|"), key=len, reverse=True))
    rest = "|".join(sorted(fill.split("|"), key=len, reverse=True))
    return re.compile(rf"(?:(?:{rest}) )?(?:(?:{one}) )(?:(?:{one}|{rest}) ){{0,4}}")


_PLAIN = {
    language: (
        (YesNo.NO, _all_of(_NO[language], _FILL[language])),
        (YesNo.YES, _all_of(_YES[language], _FILL[language])),
    )
    for language in ("ko", "en")
}
_FIRST_NO = {
    "ko": frozenset(
        [
            "아니",
            "아니요",
            "아니오",
            "아뇨",
            "아니에요",
            "아녀",
            "아녀요",
            "아니여",
            "아이다",
            "아이라",
            "없어",
            "없어요",
            "없습니다",
            "없소",
            "없지",
            "전혀",
        ]
    ),
    "en": frozenset(("no", "nope", "nah", "never")),
}
# "네" to "못 일어나세요?" says that it is so, and the net reads the "not"; "yes" to "can't you?" may mean either.
_NEGATIVE = {
    "ko": re.compile(r"지는? 마|지 말|아니"),
    "en": re.compile(r"\b(?:not|no|never|none)\b|n['’]t\b", re.IGNORECASE),
}
_ADVICE = {
    "ko": re.compile(r"면 |조심|마시고|십시오|드릴게|드릴까|하세요\.?$|세요\.$|해 주세요|알겠"),
    "en": re.compile(
        r"\bif\b|\bshould\b|\bshall\b|\bwould you like\b|\bplease\b|\blet me\b|\bwill call\b", re.IGNORECASE
    ),
}


def yes_or_no(words: str, language: str) -> YesNo | None:
    """Whether `words` say yes or no and nothing else; None for anything that has a meaning of its own."""
    plain = _EDGES.sub(" ", words.replace("'", "").replace("’", "")).strip().lower() + " "
    for answer, pattern in _PLAIN["en" if language == "en" else "ko"]:
        if pattern.fullmatch(plain):
            return answer
    return None


def begins_with_no(words: str, language: str) -> bool:
    """Whether `words` say no and then why, or what instead."""
    first = _EDGES.split(words.replace("'", "").replace("’", "").strip().lower() + " ", maxsplit=1)[0]
    return first in _FIRST_NO["en" if language == "en" else "ko"]


def asks_plainly(question: str, language: str) -> bool:
    """Whether a plain yes to `question` says that it is so: no "not" in it, and no advice or offer."""
    language = "en" if language == "en" else "ko"
    return not (_NEGATIVE[language].search(question) or _ADVICE[language].search(question))
