"""What is said under our own words: a mere "mm" that we talk on over, or somebody who wants us to stop."""

import re

_EDGES = re.compile(r"[\s,.?!…~\-\"“”·。？！]+")
_MERE = {
    "ko": re.compile(
        r"(?:(?:네|예|넵|넹|녜|응|으응|으음|음|흠|어|엉|어어|오|아|아하|아이고|그래|그래요|그렇지|그렇죠|그럼|그럼요|맞아|맞아요|"
        r"하모|하모요|하믄|암|암요|그려|그라제|기지|기라|알았어|알겠어요|알겠습니다|그렇구나|그렇군요|그러게|그러게요|허허|하하|호호)+ )+"
    ),
    "en": re.compile(
        r"(?:(?:yes|yeah|yep|yup|aye|uh huh|uhhuh|uh|um|mm|mmm|mhm|mm hm|mmhm|hm|hmm|oh|ah|aha|ok|okay|right|i see|sure|"
        r"of course|true|indeed|really|go on|good|lovely|oh dear|oh i see|fair enough) )+"
    ),
}
_STOPS = {
    "ko": re.compile(
        r"^(?:아니 ?)?(?:저기|저기요|잠깐|잠깐만|잠시|잠시만|가만|가만있|가만 있|기다려|기다리|스톱|그만|됐고|됐어|아니|아뇨|여보세요|"
        r"여보시오|여보쇼|이봐|이보|보이소|보소|누구|뭐라|뭐요|안 들|못 들|근데|그런데|내 말|제 말|말 좀|나 좀|있잖)|"
        r"잠깐|잠시만|기다려|여보세요|도와|살려|큰일|사람 살|119|아파|못 일어|못 쉬|그만해|그만하|끊어|끊을게|내 말 좀|내 얘기|아니 그게|물어볼|"
        r"쪼매만|쪼까만|가만있어|멈춰"
    ),
    "en": re.compile(
        r"^(?:no|wait|stop|hold on|hang on|hey|hello|sorry|excuse me|pardon|what|who|but|listen|look|one moment|just a|let me|"
        r"can i|may i|shush|quiet|enough|i cant|i said|never mind|love|dear)\b|"
        r"\b(?:wait|hold on|hang on|hello|help|stop|excuse me|let me (?:speak|finish|talk|ask)|ambulance|999|911|cant hear|"
        r"listen to me|slow down|just a (?:minute|moment|second|sec|mo)|one (?:minute|moment|second|sec)|i need|it hurts|be quiet)\b"
    ),
}


def back_channel(words: str, language: str) -> bool:
    """Whether `words` only show that somebody listens (네, 응, 그래; mm, uh-huh). Not so of no words at all."""
    return bool(_MERE[_known(language)].fullmatch(_plain(words)))


def interrupts(words: str, language: str) -> bool:
    """Whether `words` ask for the floor or for help (잠깐, 여보세요; wait, hello?). Stands for a stable partial, too."""
    return bool(_STOPS[_known(language)].search(_plain(words)))


def _known(language: str) -> str:
    return "en" if language == "en" else "ko"


def _plain(words: str) -> str:
    return _EDGES.sub(" ", words.replace("'", "").replace("’", "")).strip().lower() + " "
