"""Risk: the one list of levels and signals; prompts, pages, reports and the evaluation are rendered from here."""

from datetime import timedelta
from enum import StrEnum


class Level(StrEnum):
    """How soon a person must act. Order is by `rank`, never by the word."""

    NONE = "none"
    WATCH = "watch"
    CONCERN = "concern"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 for none up to 4 for emergency."""
        return _RANKS[self]

    @property
    def meaning(self) -> str:
        """What the level means, as the policy says it; rendered into the assessment prompt."""
        return _MEANINGS[self]

    @property
    def needs_follow_up(self) -> bool:
        """From concern up a case is opened."""
        return self.rank >= Level.CONCERN.rank

    @property
    def contact_within(self) -> timedelta:
        """How long until a person must have reached the household; defaults of the policy, all hours counted."""
        return _CONTACT_WITHIN[self]


_RANKS = {level: rank for rank, level in enumerate(Level)}
_MEANINGS = {
    Level.NONE: "asked or volunteered, and fine; nothing to follow up",
    Level.WATCH: "mild, recent, stable or already handled; could grow",
    Level.CONCERN: "new or worsening, affects daily life, or a need nobody is meeting; contact within 3 working days",
    Level.URGENT: "a person must act the same day; no immediate danger to life stated",
    Level.EMERGENCY: "life or bodily safety at immediate risk now",
}
_CONTACT_WITHIN = {
    Level.NONE: timedelta(days=30),
    Level.WATCH: timedelta(days=7),
    Level.CONCERN: timedelta(days=3),
    Level.URGENT: timedelta(hours=2),
    Level.EMERGENCY: timedelta(minutes=3),
}


def highest(levels: "list[Level]") -> Level:
    """The gravest of `levels`; NONE of an empty list. Facts are not added up (policy, "How to decide")."""
    return max(levels, key=lambda level: level.rank, default=Level.NONE)


class SignalCode(StrEnum):
    """What kind of trouble; stored codes, stable for ever."""

    HEALTH_ACUTE = "health_acute"
    FALL = "fall"
    PAIN_CHRONIC = "pain_chronic"
    BREATHING = "breathing"
    STROKE_SIGNS = "stroke_signs"
    CHEST_PAIN = "chest_pain"
    MEDICATION = "medication"
    NUTRITION = "nutrition"
    SLEEP = "sleep"
    COGNITION = "cognition"
    MOOD_LOW = "mood_low"
    SUICIDAL_IDEATION = "suicidal_ideation"
    ISOLATION = "isolation"
    ABUSE_NEGLECT = "abuse_neglect"
    SELF_NEGLECT = "self_neglect"
    FINANCES = "finances"
    UTILITIES_ARREARS = "utilities_arrears"
    HOUSING = "housing"
    HEAT_COLD = "heat_cold"
    SAFETY_THREAT = "safety_threat"
    SCAM = "scam"
    SUBSTANCE = "substance"
    BEREAVEMENT = "bereavement"
    CAREGIVER_STRAIN = "caregiver_strain"
    SERVICE_REQUEST = "service_request"


class Subject(StrEnum):
    """Whom the words are about."""

    RESIDENT = "resident"
    HOUSEHOLD = "household"
    THIRD_PARTY = "third_party"


class Speaks(StrEnum):
    """Who says so."""

    RESIDENT = "resident"
    OTHER = "other"
    CHILD = "child"


class Tense(StrEnum):
    """When it is or was so."""

    NOW = "now"
    RECENT = "recent"
    PAST = "past"


class AnsweredBy(StrEnum):
    """Who was at the other end; only `resident` can be fine."""

    RESIDENT = "resident"
    OTHER = "other"
    MACHINE = "machine"
    UNKNOWN = "unknown"


class Detector(StrEnum):
    """Who noticed: the phrase net, the model, or the resident's own keys; each may raise, none may lower another (D2)."""

    NET = "net"
    MODEL = "model"
    KEYPAD = "keypad"  # a key was pressed
