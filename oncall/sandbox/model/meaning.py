"""What a person is doing with a sentence, apart from any worry in it: asking to repeat, refusing, saying goodbye."""

from __future__ import annotations

import re
from enum import StrEnum


class Wish(StrEnum):
    """Something said about the call itself; the values are what `resident_says` is called with."""

    OPT_OUT = "opt_out"
    WRONG_PERSON = "wrong_person"
    DECEASED = "deceased"
    WANTS_PERSON = "wants_person"
    LATER = "later"
    SCAM_WORRY = "scam_worry"
    NO_RECORDING = "no_recording"

    @property
    def ends_the_call(self) -> bool:
        """True when nothing is left to ask after it."""
        return self in (Wish.OPT_OUT, Wish.WRONG_PERSON, Wish.DECEASED, Wish.LATER)


_KIN = "아들|딸|손녀|손자|며느리|사위|간병인|요양보호사|남편|아내|동생"
_KIN_EN = "daughter|son|grandson|granddaughter|husband|wife|carer|neighbou?r|sister|brother|nephew|niece"
_WISHES: dict[Wish, re.Pattern[str]] = {
    wish: re.compile(pattern, re.IGNORECASE)
    for wish, pattern in {
        Wish.NO_RECORDING: r"녹음.{0,12}(하지 ?마|싫|안 ?(했|하|돼)|말아|말고|꺼)|(don.?t|do not|stop|not|without).{0,18}record",
        Wish.OPT_OUT: (
            r"전화.{0,3}안 ?(하|해 ?주|주)셔도|(needn.?t|not to|no need to|don.?t need to) (call|ring|phone)|전화.{0,10}(하지 ?(마|말)|그만|걸지 ?(마|말)|안 ?(했으면|받을|받고))|(다시는|이런) ?전화.{0,10}(마|말|싫|그만)|"
            r"(don.?t|do not|stop|never) (you )?(ever )?(call|ring|phon)\w*|take me off"
        ),
        Wish.DECEASED: (
            r"(그분|어르신|아버지|아버님|어머니|어머님|할아버지|할머니|영감님)[은는이가]?(께서)? ?.{0,14}(돌아가셨|세상을 (떠|뜨))|이미 돌아가셨|"
            r"\b(he|she) (has |is |.?s )?(died|dead|passed away|passed on)"
        ),
        Wish.WRONG_PERSON: (
            r"잘못 ?(거|걸|건|전화)|그런 사람 ?(없|아니|안|모)|번호[가를]? ?(바뀌|틀|잘못)|"
            r"(엄마|어머니|아빠|아버지|할머니|할아버지)[는가은이]?(께서)? ?(지금 |잠깐 )?.{0,8}(안 계|없어|외출|병원에 계|나가[셨시])|"
            r"wrong (number|person)|(no one|nobody|no-one) (here )?(by|with|of|called) that|"
            r"\b(she|he).?s (not (here|in|home)|out|in hospital)|my (mother|father|mum|mom|dad|granny|gran|grandma|grandmother|grandfather) (is (out|away|not|in hospital)|isn.?t (here|in)|can.?t come)"
        ),
        Wish.WANTS_PERSON: (
            r"(사람|직원|담당자|상담원|복지사|공무원|담당 ?선생님)(하고|한테|이랑|이랑은|과|을|를|이|에게|으로)? ?(직접 )?.{0,10}(바꿔|연결|통화하|얘기하|이야기하|말하고|상담|보내 ?주|와 ?주|전화 ?(해|주|좀))|"
            r"(want|like|let me|can i|could i|rather|may i|i.?d|please).{0,20}(speak|talk) (to|with) (a |an |the |some)?(real |actual |human )?(person|human|body|one|being|social worker|case ?worker|nurse|staff)|"
            r"real person|a human|put me through|have (somebody|someone) call"
        ),
        Wish.LATER: (
            r"(나중에|이따가?|이따|내일|다음에|저녁에|좀 ?있다가).{0,14}(전화|다시|통화|걸어)|지금은? ?.{0,6}(바빠|바쁘|곤란|통화하기|못 받|나가야|버스|운전)|"
            r"(call|ring|phone|try) (me )?(back )?(later|tomorrow|another|after|in an hour|this evening)|busy (right )?now|(bad|not a good) time"
        ),
        Wish.SCAM_WORRY: (
            r"(보이스 ?피싱|사기|피싱|수상).{0,14}(아니|아녀|이지|이죠|같|인가|인지|전화|하[네다])|어떻게 (제|내|우리).{0,8}(번호|이름)|(못 ?믿|안 ?믿|믿을 수)|"
            r"(is this|are you|sounds like|how do i know|might be|could be).{0,30}(scam|fraud|real|genuine|trick)|how did you get my (number|name)|(don.?t|can.?t) trust"
        ),
    }.items()
}
_IS_KIN = re.compile(
    rf"(저는|전|나는|제가|난|저) ?.{{0,8}}({_KIN}) ?(인데|이에요|예요|이예요|입니다|이야|야|이거든)|"
    rf"(어머니|아버지|엄마|아빠|할머니|할아버지) ?({_KIN}) ?(인데|이에요|예요|입니다)|"
    rf"(this is|i.?m|i am) (her|his|the|their) ({_KIN_EN})",
    re.IGNORECASE,
)
_KIN_DIED = re.compile(
    r"(영감|남편|아내|집사람|마누라|할멈|아버지|아버님|어머니|어머님|할머니|할아버지).{0,16}(돌아가셨|세상을 (떠|뜨)|죽었)|"
    r"my (husband|wife|mother|father|mum|mom|dad|grand\w+) (has |have )?(died|passed (away|on)|is dead)",
    re.IGNORECASE,
)
_REPEAT = re.compile(
    r"(다시|한 ?번 ?더|또).{0,8}(말|얘기|얘길|물어)|뭐라(고|구|카|꼬)|못 ?들었|안 ?들(려|리)|잘 안 ?들|(더 )?크게|천천히 (좀|말)|무슨 말|^\W*(네|예|응|뭐|어|잉)\?+\W*$|"
    r"say (that|it) again|pardon|what (did|was) (you|that)|speak (up|loud\w*|slow\w*)|(can.?t|didn.?t|couldn.?t) (quite )?(hear|catch)|repeat|come again|hard of hearing|^\W*(what|sorry|eh|huh)\?+\W*$",
    re.IGNORECASE,
)
_GOODBYE = re.compile(
    r"끊을게|끊겠|끊어요|끊습니다|끊자|안녕히 ?계|(?<!안 )들어가(세요|요|이소)|수고하(세요|이소|십)|\b(good ?bye|bye|hanging up|(got|have) to go now|take care)\b",
    re.IGNORECASE,
)
_HELLO = re.compile(
    r"^(\W|여보세요|여보시오|여보쇼|누구(세요|십니까|요|시오|신가요|신지)?|네|예|hello|hi|yes|who is (this|it|that|calling)|who.?s (this|that|calling|there)|speaking)+$",
    re.IGNORECASE,
)
_BARE_YES = re.compile(r"^(\W|네|예|yes|speaking)+$", re.IGNORECASE)
_UNCLEAR = re.compile(
    r"^\W*(음+|글쎄(요)?|어+|아+|그게|뭐|모르겠(어요?|네요?|는데요?|습니다)?|□+|um+|uh+|well|hmm+|er+|i don.?t know|not sure|dunno)\W*$",
    re.IGNORECASE,
)


def wish_in(words: str) -> Wish | None:
    """The wish about the call in these words; wishes not to be recorded or called come before the others."""
    return next((wish for wish, pattern in _WISHES.items() if pattern.search(words)), None)


def is_kin(words: str) -> bool:
    """Somebody of the household or a carer has answered and says so."""
    return bool(_IS_KIN.search(words))


def kin_died(words: str) -> bool:
    """Somebody near to the speaker has died; asked for that very person, this is the answer."""
    return bool(_KIN_DIED.search(words))


def asks_to_repeat(words: str) -> bool:
    """They did not hear the question."""
    return bool(_REPEAT.search(words))


def says_goodbye(words: str) -> bool:
    """They are about to hang up."""
    return bool(_GOODBYE.search(words))


def only_greets(words: str) -> bool:
    """ "Hello?" and nothing else; a bare "yes" is an answer."""
    return bool(_HELLO.match(words)) and not _BARE_YES.match(words)


def is_unclear(words: str) -> bool:
    """Nothing that could be written down as an answer."""
    letters = sum(character.isalnum() for character in words)
    return letters == 0 or bool(_UNCLEAR.match(words)) or words.count("□") * 3 > letters
