"""The kinds of rule the phrase net knows, as they are written in its files and checked when they are read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oncall.models.risk import AnsweredBy, Level, SignalCode, Subject
from oncall.models.wish import Wish


class _Owned(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    owner: str = Field(min_length=2)


class _Written(_Owned):
    phrases: list[str] = Field(min_length=1)
    unless: list[str] = []
    yes: list[str] = Field(min_length=1)
    no: list[str] = Field(min_length=1)


class SignalRule(_Written):
    """Phrases that mean trouble of one kind at one level.

    `others` is the level when it happens to somebody else who is here; `past` the most it counts for when long over;
    `strict` rules are lowered only on double evidence (N-4); `fades` ones tell of an event that days make less
    pressing, `eases` ones of what counts one level less when it has passed since, `lasting` ones of what still
    counts after months; `harmless` phrases anywhere in the turn show that nothing is the matter (a film, a laugh);
    `not_after` are questions after which the phrase speaks of something else; `alone` ones must fill their turn; `slips` are stems
    also heard with one sound wrong, `not_slips` the words such a stem could be mistaken for. `measured` ones know their level by
    what was counted (days, doses): the trained model, which cannot count, raises no danger of that kind above them.
    `certain` ones stay an emergency unless nothing around them leans that way at all to the trained model (N-4).
    """

    code: SignalCode
    level: Level
    subject: Subject | None = None
    others: Level | None = None
    past: Level = Level.WATCH
    strict: bool = False
    fades: bool = False
    eases: bool = False
    lasting: bool = False
    alone: bool = False
    measured: bool = False
    certain: bool = False
    guards: list[str] = ["told", "denied", "supposed", "other", "past"]
    confidence: float = 0.9
    harmless: list[str] = []
    not_after: list[str] = []
    slips: list[str] = []
    not_slips: list[str] = []


class WishRule(_Written):
    """Phrases that ask something of us."""

    wish: Wish


class VoiceRule(_Written):
    """Phrases that tell who is at the other end."""

    answered_by: AnsweredBy


class InstructionRule(_Written):
    """Phrases addressed to the machine rather than to a listener (E9)."""


class VagueRule(_Written):
    """Phrases by which a question stays unanswered (H-29)."""


class PartRule(_Written):
    """Phrases that mean little by themselves and much beside something else said in the same call."""

    guards: list[str] = ["told", "denied", "supposed", "other", "past"]


class AcrossRule(_Owned):
    """Parts that together mean trouble, wherever in the call they were said; `a|b` is one of two.

    `within` is how many of the far end's turns may lie between the first and the last. `yes` and `no` are turns of
    one far end, in order.
    """

    code: SignalCode
    level: Level
    parts: list[str] = Field(min_length=1)
    within: int = 40
    confidence: float = 0.8
    yes: list[list[str]] = Field(min_length=1)
    no: list[list[str]] = Field(min_length=1)


class AskedRule(_Owned):
    """What a short answer means after one of our questions: `says` is heard as if the far end had said it.

    `answer` is a plain yes or a plain no; one of `phrases` will do as well, unless it fits one of `unless` or
    begins with a "no" where a yes was waited for. `{}` in `says` is the answer itself. `yes` and `no` are pairs of question and answer.
    """

    question: list[str] = Field(min_length=1)
    answer: Literal["yes", "no", "phrases"]
    phrases: list[str] = []
    unless: list[str] = []
    says: str = Field(min_length=2)
    yes: list[tuple[str, str]] = Field(min_length=1)
    no: list[tuple[str, str]] = Field(min_length=1)


Rule = SignalRule | WishRule | VoiceRule | InstructionRule | VagueRule | PartRule


class NetFile(BaseModel):
    """`net.<language>.toml`: what is heard in one turn."""

    model_config = ConfigDict(extra="forbid")

    version: str
    sets: dict[str, str]
    guards: dict[str, str]
    signal: list[SignalRule]
    wish: list[WishRule]
    voice: list[VoiceRule]
    instruction: list[InstructionRule]
    vague: list[VagueRule]


class AcrossFile(BaseModel):
    """`across.<language>.toml`: what is heard in several turns together, and in answers to our questions."""

    model_config = ConfigDict(extra="forbid")

    sets: dict[str, str] = {}
    part: list[PartRule] = []
    across: list[AcrossRule] = []
    asked: list[AskedRule] = []
