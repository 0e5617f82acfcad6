"""What a person is doing with a sentence, apart from any worry or wish in it: greeting, asking, saying goodbye."""

from __future__ import annotations

import re

_KIN = "아들|딸|손녀|손자|며느리|사위|간병인|요양보호사|남편|아내|동생"
_KIN_EN = "daughter|son|grandson|granddaughter|husband|wife|carer|neighbou?r|sister|brother|nephew|niece"
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
_MACHINE = re.compile(
    r"(사람|기계|로봇|인공 ?지능|에이아이|\bAI|컴퓨터|녹음|자동 ?응답|아가씨|진짜|챗봇).{0,14}(이에요|예요|인가요?|이요|인지|입니까|이야|야\??|이냐|이유|인겨|이가\??|맞아요?|맞나요?|맞습|아니(에요|야|지|죠|가|에유|요)|같은데|이여|세요|신가요|이십|하는 ?거|말하는)\W*(\W|$)|"
    r"(누가|뭐가) 말하는|사람 ?목소리|"
    r"(are|is|am|aren.?t|isn.?t|was) (you|this|that|it|i)\b.{0,30}\b(person|human|machine|robot|computer|recording|recorded|real|a\.?i\.?|artificial|bot|automated|chat\w+|alive|flesh|tape|man or)\b|"
    r"(talking|speaking) to (a |an )?(real |actual )?(person|human|machine|robot|computer|recording)|you.?re (not )?(a |an )?(real|machine|robot|computer|recording|human|person|a\.?i)\b|"
    r"(person|human) or (a )?(machine|robot|computer)|(sounds?|sound) like (a |an )?(robot|machine|recording|computer)|do you have a (body|face|heart)|who.{0,12}(or what) (are|am)",
    re.IGNORECASE,
)
_NOT_ABOUT_IT = re.compile(
    r"바꿔|연결|싶|말고|(보이스 ?)?피싱|사기|찾아|만났|want|let me|put me|rather|scam|legit|genuine|the council",
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


def is_kin(words: str) -> bool:
    """Somebody of the household or a carer has answered and says so."""
    return bool(_IS_KIN.search(words))


def kin_died(words: str) -> bool:
    """Somebody near to the speaker has died; asked for that very person, this is the answer."""
    return bool(_KIN_DIED.search(words))


def asks_if_machine(words: str) -> bool:
    """They want to know whether they speak with a person."""
    return bool(_MACHINE.search(words)) and not _NOT_ABOUT_IT.search(words)


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
