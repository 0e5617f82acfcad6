"""Wishes about the call itself, recognised in the words a person says: to be left alone, spoken to slower, forgotten."""

from __future__ import annotations

import re
from enum import StrEnum


class Wish(StrEnum):
    """Something said about the call itself; the caller's tool may have other names for them."""

    OPT_OUT = "opt_out"
    WRONG_PERSON = "wrong_person"
    DECEASED = "deceased"
    WANTS_PERSON = "wants_person"
    LATER = "later"
    SCAM_WORRY = "scam_worry"
    NO_RECORDING = "no_recording"
    FORGET = "forget"
    ABOUT_ME = "about_me"
    SLOWER = "slower"
    LOUDER = "louder"
    SAY_AGAIN = "say_again"

    @property
    def ends_the_call(self) -> bool:
        """True when nothing is left to ask after it."""
        return self in (Wish.OPT_OUT, Wish.WRONG_PERSON, Wish.DECEASED, Wish.LATER)

    @property
    def about_hearing(self) -> bool:
        """True for those that may come again and again, and after which the last words are said once more."""
        return self in (Wish.SLOWER, Wish.LOUDER, Wish.SAY_AGAIN)


_ABOUT_ME_EN = r"(about me|on me|of mine|about my life|i (told|said)|on file|in (your|my) (notes|file|records?))"
_WISHES: dict[Wish, re.Pattern[str]] = {
    wish: re.compile(pattern, re.IGNORECASE)
    for wish, pattern in {
        Wish.FORGET: (
            r"^(?!.*(명단|목록|번호)).*(지워|지우|삭제|없애).{0,6}(주|줘|달|버려|세요|시|라)|잊어 ?(줘|주|버려 ?(라|줘|주)|달)|잊어버리(세요|시|라)|못 ?들은 ?(걸로|것으로|셈)|"
            r"(적지|쓰지|기억하지|남기지|기록하지|저장하지) ?(마|말)|안 ?(한|들은) ?(걸로|것으로) ?(해|하)|"
            r"\bforget (that|it|this|what|everything|i )|(delete|erase|wipe|scrub|strike) .{0,30}(that|it|this|said|told|notes?|memory|information)|"
            r"(?<!i )(don.?t|do not|not) (you )?(write|note|keep|put|save|store)\b.{0,16}(that|it|this|down|said|what)|never said (that|it|anything)|pretend i (didn.?t|never)"
        ),
        Wish.NO_RECORDING: (
            r"녹음.{0,12}(하지 ?마|하지 ?말|싫|안 ?(했|하|돼|되)|말아|말고|꺼|끄|빼|멈춰|중지|그만|원하지)|"
            r"(don.?t|do not|stop|not|without|off|rather you|object|refuse|no).{0,24}(record|being taped|tape this|taping)|(turn|switch) (the |that )?(recorder|recording|tape).{0,6}off"
        ),
        Wish.ABOUT_ME: (
            r"(나|저|제|내)(에| ?)?(대해|대해서|관해|관해서)?.{0,14}(뭘|뭐|무엇|무얼|어떤 ?(걸|것|거)|얼마나|어디까지).{0,10}(알고|아는|아세요|아시|적혀|적어|기록|갖고|가지고|기억|저장|들었)|"
            r"(내|제|나|저)[가의]? ?.{0,6}(정보|기록|한 ?말|(말|얘기|이야기)한 ?(것|거|걸)).{0,12}(갖고|가지고|있[는나냐습]|알[고려]|기억|보여|남아)|(내|제)가? ?.{0,10}뭐라고 ?(했|말).{0,8}(알|기억|적)|뭘 ?기억하|"
            rf"what.{{0,24}}\b(know|have|got|written|remember|keep|kept|hold|stored?|wrote|recall)\b.{{0,30}}{_ABOUT_ME_EN}|"
            r"(do|can) you (remember|recall) (me|what i|anything|our last)|(read|tell|show) me (back )?(what|everything|anything).{0,26}(about me|on me|have|wrote|written|said|know)|"
            r"(have|got) (anything|something|notes|a file|any information) (written |stored |down )?(about|on) me|what did i (say|tell)"
        ),
        Wish.OPT_OUT: (
            r"전화.{0,3}안 ?(하|해 ?주|주|오)(셔도|게|면)|(needn.?t|not to|no need to|don.?t need to|rather you didn.?t|without you) (call|ring|phone)|"
            r"전화.{0,10}(하지 ?(마|말)|그만|걸지 ?(마|말)|안 ?(했으면|받을|받고)|필요 ?없|끊어 ?달|사절)|(다시는|이런|이제) ?전화.{0,10}(마|말|싫|그만)|(명단|목록).{0,8}(빼|지워|삭제)|귀찮게 ?(하지|굴지|좀)|"
            r"(don.?t|do not|stop|never|quit) (you )?(ever )?(call|ring|phon|bother)\w*|(take|get|remove) me off|(my )?(name|number) off (the|your)|no more (of these )?calls|leave me alone|(don.?t|do not) want (any |these |your )?(more )?calls"
        ),
        Wish.DECEASED: (
            r"(그분|어르신|아버지|아버님|어머니|어머님|할아버지|할머니|영감님|그 ?양반|고인|본인)[은는이가]?(께서)? ?.{0,14}(돌아가셨|돌아가시고|세상을 ?(떠|떴|뜨|등)|작고|별세|사망|하늘나라)|이미 돌아가셨|(별세|작고|사망)(하셨|했습|하신|신고)|"
            r"\b(he|she|they) (has |have |is |.?s )?(already )?(died|dead|passed away|passed on|no longer with us|deceased)|\b(he|she).?s (died|dead|deceased|gone to|no longer with)|no longer (with us|alive)"
        ),
        Wish.WRONG_PERSON: (
            r"잘못 ?(거|걸|건|전화|아신|아셨|눌)|그런 ?(사람|분|이름) ?(없|아니|안|모|여기)|번호[가를]? ?(바뀌|틀|잘못)|사람을? ?잘못|(전|저|나)[는은]? ?(그런|그 ?(사람|분)).{0,4}(아니|아닌)|찾(는|으시는) ?(분|사람).{0,6}(아니|없|안)|(그런|그) ?(이름|사람|분).{0,4}(몰라|모르)|다른 ?집(이|인|입|으로)|"
            r"(엄마|어머니|아빠|아버지|할머니|할아버지)[는가은이]?(께서)? ?(지금 |잠깐 )?.{0,8}(안 계|없어|외출|병원에 계|나가[셨시])|"
            r"wrong (number|person|house|one)|(no one|nobody|no-one|no such).{0,14}(by|with|of|called|that name|person)|not (the person|who) you|(that.?s|this is|it.?s) not (me|him|her)\b|(isn.?t|ain.?t) me\b|(doesn.?t|don.?t|no longer) lives? here|never heard of (her|him|them|that)|"
            r"\b(she|he).?s (not (here|in|home)|out|in hospital)|my (mother|father|mum|mom|dad|granny|gran|grandma|grandmother|grandfather) (is (out|away|not|in hospital)|isn.?t (here|in)|can.?t come)"
        ),
        Wish.WANTS_PERSON: (
            r"(사람(?!들)|직원|담당자|상담원|복지사|공무원|선생님|주무관|팀장)(하고|한테|이랑|이랑은|랑|과|와|을|를|이|가|에게|으로|로|님)*.{0,3}(직접 )?.{0,10}(바꿔|연결|통화|(얘기|이야기|말|말씀|상담) ?(하고 ?싶|할 ?수|하게|해야|할래|하면|나누|좀)|상담하|전화 ?(해 ?(주|달)|좀|주(세|시면|실)))|(사람|직원|담당자|복지사).{0,4}(보내 ?주|와 ?주|나와)|(기계|로봇|컴퓨터|자동).{0,6}(말고|싫).{0,6}(사람|직원|진짜)|"
            r"(want|like|let me|can i|could i|rather|may i|i.?d|please|prefer|get me|need).{0,20}((speak|talk|chat)(ing)? (to|with) )?(a |an |the |some)?(real |actual |living |human )?(person|human|human being|(?<=talk to )some(body|one)|(?<=speak to )some(body|one)|social worker|case ?worker|nurse|staff|somebody real|someone real|operator)\b|"
            r"(speak|talk) (to|with) (a |an |the )?(real |actual )?(person|human|operator|staff)|put me through|have (somebody|someone|a person) (call|ring|phone)|transfer me|somebody from (the )?(office|council|city)|no machine"
        ),
        Wish.LATER: (
            r"(나중에|이따가?|내일|모레|다음에|다음 ?주|저녁에|오후에|좀 ?있다가?|조금 ?(있다|이따)|한 ?시간).{0,14}(전화|다시 ?(전화|걸|통화|해|하|연락)|통화|걸어|하(면 ?안|자|지요|시[죠면]|면 ?좋)|해 ?(주|줘))|지금은? ?.{0,8}(바빠|바쁘|바쁜|곤란|통화하기|못 ?받|나가야|나가는|버스|운전|손님|밥 ?먹는|자는|자다)|"
            r"(call|ring|phone|try|speak|talk) (to )?(me )?(back |again )?(later|tomorrow|another|after|in (an|a few|half|two)|this (evening|afternoon)|tonight|next|some other)|busy (right |just )?now|busy (at the|just)|(bit|too|rather) busy|\bi.?m busy\W*$|(bad|not a good|not the best|another) (time|moment)|on my way out|in the middle of|can.?t talk (right )?now|(some|any) other time"
        ),
        Wish.SCAM_WORRY: (
            r"(보이스 ?피싱|사기|피싱|수상|의심).{0,14}(아니|아녀|이지|이죠|같|인가|인지|전화|하[네다]|스러|해요|많)|어떻게 (제|내|우리).{0,8}(번호|이름)|(번호|이름).{0,6}어떻게 ?(알|아)|(못 ?믿|안 ?믿|믿을 ?수|믿어도)|(진짜|정말|확실히).{0,8}(구청|시청|동사무소|주민센터|복지|나라)|돈 ?(달라|내라|빼)|개인 ?정보.{0,10}(왜|물어|빼)|"
            r"(is this|are you|sounds like|how do i know|might be|could be|this a).{0,30}(scam|fraud|real|genuine|trick|legit\w*|from the council|swindle|con\b)|how did you (get|find|come by) my (number|name)|(don.?t|can.?t|why should i|do i) trust|suspicious|(prove|show me) .{0,12}(who|you)|who gave you my|another scam|after my money|con (man|artist)"
        ),
        Wish.SLOWER: (
            r"천천히|천천이|느리게|빨라(?!요\W*걷)|빠르(게|네|시|니|신|다)|(말|말씀).{0,4}(빨리|급하)|늦춰|slow(er|ly)\b|slow down|too (fast|quick)|so fast|less quickly|not so (quick|fast)|(fast|quick) for me|take it easy|(can.?t|couldn.?t) keep up"
        ),
        Wish.LOUDER: (
            r"(더|좀|조금) ?크게|크게 ?(좀|말|얘기|해|불러|한|부탁)|^\W*크게요?\W*$|(목소리|소리|볼륨|음량).{0,8}(작|키워|높여|올려|크|약|멀)|귀가 ?(어두|먹|안 ?(좋|들))|가는귀|"
            r"louder|speak up|volume|(you|voice|line|sound).{0,18}(quiet|faint|soft)|hard of hearing|(bit|little) deaf|\bdeaf\b|speak (more )?loud|(raise|lift) your voice|barely hear|hardly hear|turn (it|yourself|that) up"
        ),
        Wish.SAY_AGAIN: (
            r"(다시|한 ?번만? ?더|또).{0,8}(말|얘기|얘길|물어|불러|읽어|들려|설명)|뭐라 ?(고|구|카|꼬|했|하)|뭐래|못 ?(들었|알아)|안 ?들(려|리|립)|잘 ?안 ?들|무슨 ?(말|소리|얘기)|방금 ?(뭐|한)|^\W*(네|예|응|뭐|어|잉|에)\?+\W*$|"
            r"(say|said|ask|tell me|what was|read) (that|it|the question) (again|once more|one more)|say (that|it) again|pardon|what (did|was) (you|that|the question)|(can.?t|didn.?t|couldn.?t|not) (quite |really )?(hear|catch)|(didn.?t|don.?t|not) (quite |really )?(get|follow|understand) (that|you|what|the)|repeat|come again|once more|one more time|missed that|you what|^\W*(what|sorry|eh|huh|excuse me)\?+\W*$"
        ),
    }.items()
}


def wish_in(words: str) -> Wish | None:
    """The wish about the call in these words; the first of them in the order of how much it changes the call."""
    return next((wish for wish, pattern in _WISHES.items() if pattern.search(words)), None)
