"""What people say of a call or of a single turn: the labelled files of the evaluation, and how they are divided."""

from enum import StrEnum
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field

from oncall.listen.transcript import Line, Transcript
from oncall.models.risk import AnsweredBy, Level, SignalCode
from oncall.models.turn import Speaker
from oncall.models.wish import Wish

NEVER_MISS = "must_never_miss"
DIALECT = "dialect"
DIALECTS = frozenset({
    "gyeongsang", "jeolla", "chungcheong", "jeju", "hamgyong",
    "british", "irish", "scottish", "american_south", "caribbean", "indian", "second_language",
})  # fmt: skip


class Split(StrEnum):
    """Which part of the labelled calls; the locked third is never used to tune anything."""

    ALL = "all"
    OPEN = "open"
    LOCKED = "locked"


def split_of(seed: str) -> Split:
    """Where the calls of one seed belong; nothing but its name decides."""
    return Split.LOCKED if sha256(seed.encode()).digest()[0] % 3 == 0 else Split.OPEN


class LabelledSignal(BaseModel):
    """One signal as people labelled it; `evidence_turns` are numbers of turns."""

    model_config = ConfigDict(extra="ignore")

    code: SignalCode
    evidence_turns: list[int] = Field(default_factory=list)


class Labelled(Transcript):
    """A transcript with what people say of it. `tags` name slices, such as H-08 or quiet; `seed` its family.

    `split` is empty in files that are not divided; `real` is set of calls that took place.
    """

    level: Level
    signals: list[LabelledSignal] = Field(default_factory=list)
    wants_human: bool = False
    opt_out: bool = False
    later: bool | None = None
    answered_by: AnsweredBy = AnsweredBy.RESIDENT
    tags: list[str] = Field(default_factory=list)
    seed: str = ""
    synthetic: bool = False
    split: str = ""
    real: bool = False

    @property
    def family(self) -> str:
        """Paraphrases of one idea share it; a call without a seed is its own."""
        return self.seed or self.id

    @property
    def slices(self) -> list[str]:
        """The language, every tag, and `dialect` for any of them."""
        return [self.lang, *self.tags, *([DIALECT] if DIALECTS & set(self.tags) else [])]

    @property
    def is_ordinary(self) -> bool:
        """A call that should disturb nobody today: an alarm on it is a false one."""
        return self.level.rank <= Level.WATCH.rank

    @property
    def may_be_read(self) -> bool:
        """Whether its words may be shown by a tool that lists mistakes: invented, and not locked away from tuning."""
        return self.synthetic and self.split != Split.LOCKED


class Utterance(BaseModel):
    """One labelled turn of the far end, with the agent's `question` before it (may be empty)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    lang: str
    text: str
    question: str | None = None
    level: Level
    codes: list[SignalCode] = Field(default_factory=list)
    wish: Wish | None = None
    tags: list[str] = Field(default_factory=list)
    seed: str = ""
    synthetic: bool = False
    split: str = ""

    def as_call(self) -> Labelled:
        """The same as a call of one question and one answer."""
        turns = [Line(speaker=Speaker.AGENT, text=self.question)] if self.question else []
        turns.append(Line(speaker=Speaker.RESIDENT, text=self.text))
        other = self.wish in {Wish.WRONG_PERSON, Wish.DECEASED}
        return Labelled.model_validate({
            "id": self.id, "lang": self.lang, "turns": turns, "level": self.level,
            "signals": [{"code": code, "evidence_turns": [len(turns) - 1]} for code in self.codes],
            "wants_human": self.wish is Wish.PERSON, "opt_out": self.wish is Wish.STOP_CALLING,
            "later": self.wish is Wish.LATER, "answered_by": AnsweredBy.OTHER if other else AnsweredBy.RESIDENT,
            "tags": self.tags, "seed": self.seed, "synthetic": self.synthetic, "split": self.split,
        })  # fmt: skip


class Injection(BaseModel):
    """Far-end words that try to instruct the listener, and the sentence they come beside ("" for none)."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    id: str
    lang: str
    text: str
    beside: str = Field(default="", alias="with")
    level: Level
    kind: str
