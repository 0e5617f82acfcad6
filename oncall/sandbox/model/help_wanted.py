"""Requests: a person asks that something be done for them, brought, mended, or that somebody come along."""

from __future__ import annotations

import re

_NEED_KO = (
    r"고쳐|고치|갈아|수리|손 ?봐|봐 ?주|봐 ?줄|치워|청소|빨래|태워|데려다|모셔다|같이 ?가|함께 ?가|동행|배달|장 ?(을|좀)? ?봐|장보기|사다|심부름|들어다|옮겨|"
    r"반찬|도시락|김치|쌀|이불|연탄|기저귀|휠체어|지팡이|보행기|전구|형광등|수도|보일러|변기|하수구|방충망|찾아와|들러|와서|와 ?주|방문|오실|올 ?수|도우미|요양보호사|말동무|머리.{0,3}(잘라|깎)|병원.{0,8}(가|갈)|신청"
)
_ASK_KO = r"주세요|주셔요|주십시오|주실|주시면|줄 ?(수|사람|분|이|래|런지|라나)|줬으면|주면|달라|다오|주이소|주소|줘유|줘요?\?|(좀|도) ?.{0,8}줘|보내|부탁|필요(해|합|하|한)|있었으면|있을까|없을까|없나|있나|없는가|받(을 ?수|고 ?싶|았으면)|싶|신청|될까|되나|안 ?될|안 ?돼"
_WANTED = re.compile(
    rf"({_NEED_KO}).{{0,24}}({_ASK_KO})|({_ASK_KO}).{{0,6}}({_NEED_KO}).{{0,12}}(요|나|까)|(좀|도) ?({_NEED_KO}).{{0,6}}줘|"
    r"\b((could|can|would|will) (you |someone|somebody|anyone|anybody|they|one of you|the (council|city|office))|is there (any|some|a)|any chance|i.?d like|i would like|i want|i wish|(?<!n.t )(?<!not )need|i.?m looking for|"
    r"please|wonder(ing)? if|would it be possible|who (can|could|would)|have (someone|somebody)|get (someone|somebody)|send (someone|somebody|me)).{0,50}"
    r"\b(fix\w*|repair\w*|mend\w*|change|replace|look at|bring\w*|fetch\w*|pick (up|me)|deliver\w*|drive|tak(e|ing) me|lift|ride|come (with|along|round|over|by|and|to|out)|visit\w*|go (with|along)|accompan\w*|escort|"
    r"shopping|groceries|meals?|lunch\w*|bulb|clean\w*|wheelchair|walker|walking (frame|stick)|help|handyman|plumber|hospital|appointment|laundry|prescription|grab rail|blanket|transport)\b|"
    r"\b(help me (with|to|get)|someone to (help|come|fix|bring|take|drive|look|sit))\b",
    re.IGNORECASE,
)
_NOT_WANTED = re.compile(
    r"필요 ?없|안 ?필요|됐어요|괜찮(아|습)|전화.{0,6}(주|줘|하지)|"
    r"(don.?t|do not|doesn.?t|didn.?t|never) (really )?(need|want)|no need|no thank|(speak|talk) (to|with)|call (me|back)|speak (up|slow|loud)|"
    r"(say|repeat|tell).{0,12}(again|that)|before i need",
    re.IGNORECASE,
)


def asks_for_help(words: str) -> bool:
    """They ask for help with something other than the call itself."""
    return bool(_WANTED.search(words)) and not _NOT_WANTED.search(words)
