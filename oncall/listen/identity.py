"""What the first words after "am I speaking with ...?" say about who is there: the name asked for, or somebody else."""

import re

from oncall.listen import safety
from oncall.listen.ear import GUESSED
from oncall.listen.yes_no import YesNo, yes_or_no
from oncall.models.first_words import FirstWords
from oncall.models.risk import AnsweredBy, Level
from oncall.models.wish import Wish

LONGEST_SCRAP = {"ko": 4, "en": 2}  # syllables, and words

_EDGES = re.compile(r"[\s,.?!…~\-\"“”·。？！]+")
# Before something that is neither somebody else, nor a no, nor a question, it is a yes.
_BEGINS_YES = {"ko": re.compile(r"^(?:네|예|응|그래요?) (?=\S)"), "en": re.compile(r"^(?:yes|yeah|yep|aye) (?=\S)")}
_GREETS = {
    "ko": re.compile(
        r"(?:(?:여보세요|여보시요|여보시오|여보쇼|여보이소|안녕하세요|안녕하십니까|안녕|여보|어|아|음|흠|에|으음) )+"
    ),
    "en": re.compile(
        r"(?:(?:hello|hi|hiya|hey|hullo|good (?:morning|afternoon|evening)|morning|afternoon|evening|um|uh|er|oh) )+"
    ),
}
_IS_ME = {
    "ko": re.compile(
        r"(?:제가|내가|나가|지가|나|저|접니다|전데|전데요|나요|나여|나다|저예요|저에요|나예요|나야|날세|나우다|내오|내요|본인)"
        r"(?:입니다|이에요|예요|인데|인데요|요|여|맞|이오|이요|이다|임다|우다|라예|올시다| 맞)|"
        r"^(?:네 |예 |응 |어 )*(?:접니다|전데요|전데|나요|나야|나여|저예요|저에요|날세|본인이|본인입니다|나우다|낸데|낸데예|낸데요|전디요|난디|난디요|내라예|저라예)|(?:^| )(?:내다|낸데|나다|내여|내라) $|"
        r"맞는데|맞는디|맞습|맞아요|맞소|맞심|맞아예|맞아|맞수다|맞구만|맞고요|맞지|맞으요|맞다|그렇습니다|그런데요|그런디요|맞네"
    ),
    "en": re.compile(
        r"\b(?:speaking|this is (?:she|he|her|him|me)|thats me|that is me|its me|it is me|you are|youre talking to (?:her|him)|"
        r"im (?:she|he|her|him)|i am (?:she|he)|you(?:ve| have) got (?:her|him|me)|the very same|yes it is|yes i am|who else)\b"
    ),
}
_ASKS_WHO = {
    "ko": re.compile(
        r"누구|누군|뉘|거기 어디|어디(?:요|세요|여|예요|신가|십니|시오|라고|래|서|에서|입|고|신데|유|인교|꼬|메|우꽈)|어디야|어데|어딘데|뉘기|무슨 일|뭔 일|뭔일|"
        r"무신 일|왜 그러|왜요|왜 전화|무슨 전화|무슨 용건|무엇 때문|뭐 때문|뭐하는|누게|용건|시청에서 왜"
    ),
    "en": re.compile(
        r"\b(?:who(?:s| is| are|m)?\b.{0,12}(?:this|that|you|speaking|calling|there|it|asking|wants|ringing)|where are you (?:calling|ringing|from)|"
        r"what(?:s| is) (?:this|it) (?:about|regarding|for|in)|what do you want|why are you (?:calling|ringing)|whos? (?:calling|asking|speaking|there)|"
        r"and you are|which company|what company|who wants to know)\b"
    ),
}
_AGAIN = {
    "ko": re.compile(
        r"뭐라|머라|뭐시라|뭣이|무슨 말|뭔 말|무슨 소리|다시|안 들|못 들|잘 안|크게|무시기|^(?:뭐|뭐요|예에|네에|에|응|네|예)\?"
    ),
    "en": re.compile(
        r"\b(?:pardon|beg your pardon|say (?:that )?again|come again|what(?: did you say| was that)?|sorry|speak up|louder|"
        r"cant hear|cannot hear|repeat|didnt (?:catch|hear)|hard of hearing|once more|eh)\b"
    ),
}
_CHILD = {
    "ko": re.compile(
        r"(?:할머니|할아버지|엄마|아빠|할미|함미|하부지|이모|고모)(?:는|가|은|이|요|랑|도|한테)?.{0,10}(?:자요|자는데|없어요|없는데|나갔|안 일어|안일어|화장실|바꿔|일해|요리|"
        r"코 자|아파요|회사|학교|시장|밖에)|(?:저|나|전|난) ?(?:는 )?(?:[가-힣]{2,3}(?:이)?예요 |여섯|일곱|여덟|아홉|열|다섯|네) ?살|"
        r"(?:유치원|어린이집|초등학생|학교 안 갔)|(?:우리|울) (?:할머니|할아버지|엄마|아빠|할미|함미)"
    ),
    "en": re.compile(
        r"\b(?:grandma|granny|nana|nanny|nan|grandad|grandpa|gramps|mummy|mommy|mum|mom|daddy|dad|my gran|auntie)(?:s| is)?\b.{0,20}"
        r"\b(?:asleep|sleeping|not here|out|gone|in the|wont wake|wont get up|bath|toilet|shower|cooking|shops|work|poorly|busy)\b|"
        r"\bim (?:four|five|six|seven|eight|nine|ten|[4-9])\b|\bi am (?:[4-9]|six|seven|eight) years\b"
    ),
}
_OTHER = {
    "ko": re.compile(
        r"(?:딸|아들|며느리|사위|손녀|손자|손주|요양보호사|요양사|간병인|간호사|이웃|옆집|동생|언니|보호자|아내|집사람|부인|남편|조카|"
        r"생활지원사|도우미|관리실|집주인|친구|마누라|안사람|가족|형|누나|오빠)(?:인데|이에요|입니다|예요|이고|인데요|되는|라예|입니더|인디|이요|이오|이라|됩니다|이유|우다)|"
        r"바꿔 ?(?:드릴|줄|드려|주께|줄게)|대신|자고 있|주무시|주무세|주무셔|안 계|외출|나가셨|나가시|나갔|집에 없|병원에|입원|목욕|"
        r"전화 못 받|귀가 어두워|요양원|시설에|지금 없|없는데요|이따 오|잠깐 나|밭에 (?:나|가)|시장에? 가|경로당 가|할아버지 전화|할머니 전화|어머니 전화|아버지 전화"
    ),
    "en": re.compile(
        r"\b(?:this is|im|i am|its|it is|you(?:ve| have) (?:got|reached)|speaking to|you(?:re| are) speaking to)\b.{0,14}"
        r"\b(?:daughter|son|wife|husband|carer|caregiver|nurse|neighbou?r|friend|sister|brother|niece|nephew|grandson|"
        r"granddaughter|partner|home help|aide|landlord|warden|secretary)\b|"
        r"\b(?:ill|i will|let me|can i) (?:get|fetch|find|put|pass|call) (?:her|him|you|mum|mom|dad|them)\b|"
        r"\b(?:shes|hes|she is|he is|theyre|mums|moms|dads|mum is|mom is|dad is|mothers|fathers|my wife is|my husband is)\b.{0,16}"
        r"\b(?:asleep|out|not (?:in|here|home|available)|in (?:hospital|bed|the)|resting|sleeping|away|busy|at the|gone|poorly|deaf|lying down|having)\b|"
        r"\b(?:on (?:her|his) behalf|answering for|her phone|his phone)\b"
    ),
}
_NOT_ME = {
    "ko": re.compile(
        r"잘못|그런 (?:사람|분|이름|할머니|할아버지|이)|번호가? (?:틀|바뀌|바뀐|아니)|(?:아닌데|아니에요|아닙니다|아닌디|아니요|아니라|아인데|아이라예|아입니다|아입니더|아니우다|"
        r"아니여|아니오|아니구만|아니고)|모르는 (?:사람|이름)|이사 (?:가|갔)|여기 (?:가게|회사|식당|사무실)"
    ),
    "en": re.compile(
        r"\b(?:wrong (?:number|person|house)|no (?:one|body) (?:of|by|called|here)|not (?:her|him|me|she|he)|no such|never heard of|"
        r"there(?:s| is) no|isnt (?:her|him|here any)|doesnt live|dont know (?:any|a|who)|moved (?:away|out)|you(?:ve| have) (?:got|the) the wrong|im not|i am not)\b"
    ),
}


def identity(words: str, language: str) -> FirstWords:
    """What `words`, the first after our question for a name, say. Trouble outranks everything: it TALKS."""
    language = "en" if language == "en" else "ko"
    plain = _EDGES.sub(" ", words.replace("'", "").replace("’", "")).strip().lower() + " "
    if not any(letter.isalnum() for letter in words):
        return FirstWords.NOTHING
    understood = safety.listen(words, language)
    wishes = {hit.wish for hit in understood.hits}
    if understood.answered_by is AnsweredBy.MACHINE:
        return FirstWords.MACHINE
    if _CHILD[language].search(plain):
        return FirstWords.CHILD
    grave = [hit for hit in understood.hits if hit.level.rank >= Level.URGENT.rank]
    if grave and all(hit.rule == GUESSED for hit in grave) and _OTHER[language].search(plain):
        return FirstWords.OTHER  # who says it for somebody else is known better than what it may sound like
    if grave:
        return FirstWords.TALKS
    if Wish.DECEASED in wishes:
        return FirstWords.DECEASED
    return _who(plain, words, wishes, language)


def _who(plain: str, words: str, wishes: set[Wish | None], language: str) -> FirstWords:
    if _OTHER[language].search(plain):
        return FirstWords.OTHER
    if Wish.WRONG_PERSON in wishes:
        return FirstWords.NO
    answer = yes_or_no(words, language)
    if answer is YesNo.YES and not words.rstrip().endswith("?"):
        return FirstWords.YES
    if _ASKS_WHO[language].search(plain):
        # "Yes, speaking, who is this?" has answered; a bare "yes?" has not.
        return FirstWords.YES if _IS_ME[language].search(plain) else FirstWords.WHO_ARE_YOU
    if answer is YesNo.NO or _NOT_ME[language].search(plain):
        return FirstWords.NO
    if _IS_ME[language].search(plain):
        return FirstWords.YES
    if wishes & {Wish.SCAM_WORRY, Wish.STOP_CALLING, Wish.LATER, Wish.PERSON, Wish.DO_NOT_RECORD, Wish.ABOUT_ME}:
        return FirstWords.TALKS
    if _AGAIN[language].search(plain) or _AGAIN[language].search(words.strip()) or answer is YesNo.YES:
        return FirstWords.SAY_AGAIN
    plain, begins_yes = _BEGINS_YES[language].subn("", plain, count=1)
    if _GREETS[language].fullmatch(plain) or (not begins_yes and _is_scrap(plain, language)):
        return FirstWords.NOTHING
    return FirstWords.YES if begins_yes and not words.rstrip().endswith("?") else FirstWords.TALKS


def _is_scrap(plain: str, language: str) -> bool:
    """Whether so little is left of a sentence, its beginning lost perhaps, that anybody could have said it."""
    size = len(plain.replace(" ", "")) if language == "ko" else len(plain.split())
    return size <= LONGEST_SCRAP[language]
