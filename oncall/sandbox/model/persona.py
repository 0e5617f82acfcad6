"""A resident played in text from a description: what ails or moves them is read from it, and so is the seed."""

from __future__ import annotations

import functools
import random
import re
import tomllib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from oncall.sandbox.model.briefing import language_of
from oncall.sandbox.model.meaning import says_goodbye
from oncall.sandbox.model.talker import texts_in
from oncall.sandbox.model.topics import is_about

_PERSONA = re.compile(
    r"you.?(re| are) (now )?(playing|acting|role-?playing|a |an )[^.\n]{0,60}(resident|elder\w*|old\w*|senior|person|man|woman|lady|pensioner|citizen|mother|father)|"
    r"(play|act as|pretend to be|role-?play) (the |a |an )?[^.\n]{0,40}(resident|elder\w*|old\w*|senior|person|man|woman)|"
    r"(당신|너|귀하)[은는][^\n]{0,120}(어르신|노인|주민|할머니|할아버지|독거|역할|여성|남성|사람)|(어르신|노인|주민|할머니|할아버지|대상자)[^\n]{0,20}(역할|연기|흉내)",
    re.IGNORECASE,
)
_CALLER = re.compile(
    r"you are (the |an? )?(automated |AI )?(AI |welfare )?(caller|assistant|agent)|안부 ?전화를 거는|상담사 역할",
    re.IGNORECASE,
)
_SEED = re.compile(r"(?:seed|시드)\s*[:=]?\s*(\d+)", re.IGNORECASE)
_TRAITS = {
    trait: re.compile(pattern, re.IGNORECASE)
    for trait, pattern in {
        "silent": r"말이 ?없|말을 ?(안|하지)|침묵|대답(을|도)? ?(안|하지)|아무 ?말도|silent|says nothing|(does not|doesn.?t|never) (speak|answer|reply)|stays? quiet",
        "emergency": r"응급|위급|쓰러|못 ?일어나|emergency|fallen|fell\b|can.?t get up|chest pain|가슴 ?통증|가슴이 ?(조|아)|stroke|뇌졸중|가스 ?(냄새|누출)|gas leak|자살 ?계획|suicid\w* plan",
        "hard_of_hearing": r"귀가 ?(어두|잘 ?안|안)|가는귀|난청|청력|hard of hearing|deaf|hearing loss|mishear",
        "wants_person": r"(사람|직원|담당자|상담원)[^.\n]{0,12}(바꿔|통화|연결|원하|요구|찾)|wants? (to (talk|speak) (to|with) )?(a |an )?(real |actual )?(person|human)|asks? for (a )?(real )?(person|human)|refuses? to talk to (a )?(machine|AI)",
        "hostile": r"적대|화를 ?내|화가 ?나|욕설|퉁명|짜증|공격적|hostile|angry|rude|aggressive|abusive",
        "wary": r"보이스 ?피싱|피싱|사기.{0,12}(의심|경계|조심|걱정)|의심이 ?많|phishing|scam|wary|suspicious|distrust",
        "dementia": r"치매|인지 ?(저하|장애|증)|건망|깜빡|dementia|alzheimer|forgetful|confused|memory (loss|problem)",
        "unemployed": r"실직|실업|무직|구직|해고|unemployed|out of work|lost (his|her|your|their) job|jobless|redundan",
        "one_word": r"단답|한 ?마디|한두 ?마디|짧게만|one[- ]word|single[- ]word|monosyllab|curt|very short answers",
        "death_joke": r"늙으면 ?죽어야|죽음.{0,10}농담|죽는다는 ?농담|농담.{0,14}죽|jok\w* about (death|dying)|death jokes?|ought to be dead",
        "dialect": r"사투리|방언|경상도|전라도|충청도|제주도|강원도|dialect|broad accent|brogue|\bscots\b",
    }.items()
}
_EMERGENCIES = {
    "chest": r"가슴|chest|heart",
    "breath": r"숨|호흡|breath",
    "stroke": r"뇌졸중|어눌|마비|stroke|slurred",
    "gas": r"가스|gas",
    "suicide": r"자살|suicid",
}
_TOPICS = ("medic", "meal", "sleep", "heat", "contact", "fall", "mood", "health")
_ALARMED = re.compile(r"끊지 ?마|알리고|stay on the line|being told|telling (someone|a person)", re.IGNORECASE)
_MEETING = re.compile(r"통화하고 ?있|맞으(신|세)|본인이|speaking with|am i speaking|is this\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Moment:
    """One turn of the played person: what was just said to them, what they said before, and chance."""

    lines: dict[str, Any]
    question: str
    turn: int
    before: list[str]
    chance: random.Random
    description: str

    def line(self, kind: str) -> str:
        """One of the lines of that kind, never the same twice running when there is a choice."""
        lines = self.lines["lines"][kind]
        fresh = [line for line in lines if not self.before or line not in self.before[-1]]
        return str(self.chance.choice(fresh or lines))

    def answer(self, manner: str = "answers") -> str:
        """An ordinary answer to the question."""
        topic = next((topic for topic in _TOPICS if is_about(self.question, topic)), "other")
        if not self.before and (topic == "other" or _MEETING.search(self.question)):
            return self.line("greeting")
        return str(self.chance.choice(self.lines[manner][topic]))


def is_persona(instructions: str) -> bool:
    """Whether these instructions describe somebody to be played who is called, not the caller."""
    return bool(_PERSONA.search(instructions)) and not _CALLER.search(instructions)


def traits_in(instructions: str) -> list[str]:
    """What the description says of the person, in the order in which it shows."""
    return [trait for trait, pattern in _TRAITS.items() if pattern.search(instructions)]


def play(items: list[dict[str, Any]], instructions: str) -> str:
    """What the person says next, in the conversation in which `user` is the caller; "" when they keep silent.

    The same description and the same conversation give the same words; "seed: 7" in the description varies them.
    """
    spoken = [(item.get("role"), " ".join(texts_in(item)).strip()) for item in items if item["type"] == "message"]
    said = [words for role, words in spoken if role == "assistant"]
    question = next((words for role, words in reversed(spoken) if role == "user"), "")
    seed = _SEED.search(instructions)
    number = int(seed.group(1)) if seed else zlib.crc32(instructions.encode())
    language = language_of(question) or language_of(instructions) or "en"
    chance = random.Random(f"{number}:{len(said)}:{question}")
    moment = Moment(_lines()[language], question, len(said), said, chance, instructions)
    for trait in traits_in(instructions):
        if (words := _SHOWS[trait](moment)) is not None:
            return words
    return moment.line("goodbye") if says_goodbye(question) else moment.answer()


# How each trait shows: words that take the place of an ordinary answer, or None to let it pass this time.


def _silent(moment: Moment) -> str | None:
    return moment.line("silent") if moment.turn or moment.chance.random() < 0.7 else moment.line("greeting")


def _in_danger(moment: Moment) -> str | None:
    kind = next((kind for kind, words in _EMERGENCIES.items() if re.search(words, moment.description, re.I)), "fall")
    words = str(moment.lines["emergency"][kind])
    if moment.turn and words not in moment.before:
        return words
    if words in moment.before:
        return moment.line("after_alarm") if _ALARMED.search(moment.question) or moment.turn % 2 else words
    return None


def _mishears(moment: Moment) -> str | None:
    heard = sum(line in moment.lines["lines"]["hard_of_hearing"] for line in moment.before[-2:])
    return moment.line("hard_of_hearing") if heard < 2 and moment.turn and moment.chance.random() < 0.7 else None


def _asks_for_person(moment: Moment) -> str | None:
    return moment.line("wants_person") if moment.turn == 1 or moment.chance.random() < 0.4 else None


def _snaps(moment: Moment) -> str | None:
    return str(moment.lines["lines"]["hostile"][min(moment.turn, 3)])


def _suspects(moment: Moment) -> str | None:
    return moment.line("wary") if moment.turn < 2 or moment.chance.random() < 0.3 else None


def _confuses(moment: Moment) -> str | None:
    if moment.before and moment.chance.random() < 0.3:
        return moment.before[-1]
    return moment.line("dementia") if moment.turn and moment.chance.random() < 0.7 else None


def _worries_about_work(moment: Moment) -> str | None:
    lines = [line for line in moment.lines["lines"]["unemployed"] if line not in moment.before]
    return lines[0] if moment.turn and lines and moment.chance.random() < 0.8 else None


def _one_word(moment: Moment) -> str | None:
    return moment.line("one_word")


def _jokes_about_death(moment: Moment) -> str | None:
    if not moment.turn or (moment.turn > 1 and moment.chance.random() < 0.4):
        return None
    return f"{moment.answer()} {moment.line('death_joke')}"


def _in_dialect(moment: Moment) -> str | None:
    return None if says_goodbye(moment.question) else moment.answer("dialect")


_SHOWS: dict[str, Callable[[Moment], str | None]] = {
    "silent": _silent,
    "emergency": _in_danger,
    "hard_of_hearing": _mishears,
    "wants_person": _asks_for_person,
    "hostile": _snaps,
    "wary": _suspects,
    "dementia": _confuses,
    "unemployed": _worries_about_work,
    "one_word": _one_word,
    "death_joke": _jokes_about_death,
    "dialect": _in_dialect,
}


@functools.cache
def _lines() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files(__package__) / "persona_lines.toml").read_text("utf-8"))
