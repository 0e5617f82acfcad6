"""The live emergency: what is said next to somebody in danger until a person is there (safety.md 2.4, 2.5).

A pure machine: words and seconds come in, the keys of fixed lines go out; no model, clock, database or telephone. The
stream call and the keypad call both drive it. It never ends a call (C-28), never repeats what was said to it, never
argues or advises (C-23), and can only raise the level it was begun with (D2).

    emergency = Emergency()
    say(emergency.begin(SignalCode.FALL))          # hold, and the first question
    say(emergency.heard("안방이요"))                 # the next question
    say(emergency.waited(silent=8, standing=31))   # once a second or so, while nobody speaks
    say(emergency.joined())                        # the duty person is on the line; from now on it is silent
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from oncall.call.yes_no import Answer, is_back_channel, reading
from oncall.models import Level, SignalCode, Speaks, Subject

FACTS = ("where", "awake", "alone", "door")  # E2, one at a time
ASK_AGAIN_AFTER = 7.0  # seconds of silence after a question; asked twice at most, then it counts as not answered
STAY_EVERY = 15.0
NOBODY_AFTER = 60.0
NOBODY_EVERY = 120.0
LONGEST = 3600.0  # a person is there by then, or nobody is; only then may the caller let the line go


class Cue(NamedTuple):
    """One fixed line to say: `script.line(cue.key, language, turn=cue.turn)`; `notes` are said where it leaves room."""

    key: str
    turn: int = 0
    notes: str = ""


Cues = tuple[Cue, ...]


class Stage(StrEnum):
    """How far the emergency is."""

    CALM = "calm"  # not begun, or a set phrase was asked about and clearly denied: the check-in goes on
    ASKING = "asking"
    STAYING = "staying"  # everything was asked: we keep them company
    JOINED = "joined"


class Emergency:
    """One call's emergency. `answers` holds their words by question, verbatim; empty words when nothing was said."""

    def __init__(self) -> None:
        self.stage = Stage.CALM
        self.level = Level.NONE
        self.answers: dict[str, str] = {}
        self._asks: list[str] = []  # what is still to be asked; the first one has been
        self._asked_again = False
        self._whose = ""  # the variant of the facts' wording
        self._holds: set[str] = set()
        self._stays = 0
        self._nobody_due = NOBODY_AFTER

    @property
    def is_on(self) -> bool:
        """Danger stands: the questionnaire rests, and nobody but them or a person ends this call (C-28)."""
        return self.stage is not Stage.CALM

    @property
    def waits_for(self) -> str | None:
        """The question whose answer is awaited; None when none is."""
        return self._asks[0] if self.stage is Stage.ASKING else None

    def begin(self, code: SignalCode, *, level: Level = Level.EMERGENCY, subject: Subject = Subject.RESIDENT,
              speaks: Speaks = Speaks.RESIDENT, provisional: bool = False, again: bool = False,
              known: Mapping[str, str] | None = None) -> Cues:  # fmt: skip
        """Danger was heard. Called again when more is: what that adds is said, nothing is begun twice.

        `provisional`: a set phrase about dying (H-13) that must be asked about before anything else; said once more after
        it was denied, it is believed. `again`: this is
        the one redial of a line that dropped (R-21), `known` the answers from before.
        """
        if self.stage is Stage.JOINED:
            return ()
        if self.level.rank < level.rank:
            self.level = level
        hold, first = _hold(code, subject, speaks)
        denied = self.stage is Stage.CALM and "dying" in self.answers
        if provisional and hold == "hold_suicide" and not denied:
            return self._ask_first("dying")
        if speaks is Speaks.CHILD:
            self._whose = "_child"
        elif speaks is Speaks.OTHER or subject is not Subject.RESIDENT:
            self._whose = self._whose or "_other"
        if again:
            return self._call_again(hold, first, known or {})
        return self._stand(hold, first)

    def heard(self, words: str) -> Cues:
        """They said something; what to say next, which may be nothing."""
        if self.stage is Stage.STAYING:
            # Never unanswered for long: somebody in fear who asks "are you there?" hears that we are.
            return () if is_back_channel(words) and not words.endswith("?") else self._stay()
        if self.stage is not Stage.ASKING:
            return ()
        question, answer = self._asks[0], reading(words)
        unclear = answer is Answer.NOT_HEARD or (question in _YES_NO and answer is Answer.UNCLEAR)
        if unclear and not self._asked_again:
            return self._ask_again()
        return self._taken(question, words.strip(), answer)

    def waited(self, silent: float, standing: float) -> Cues:
        """Nobody has spoken for `silent` seconds (neither side), and it is `standing` seconds since `begin`."""
        if self.stage in {Stage.CALM, Stage.JOINED} or standing >= LONGEST:
            return ()
        nobody = self._nobody_yet(silent, standing)
        if self.stage is Stage.STAYING:
            return nobody or (self._stay() if silent >= STAY_EVERY else ())
        if silent < ASK_AGAIN_AFTER:
            return (*nobody, *self._question()) if nobody else ()
        said = self._taken(self._asks[0], "", Answer.UNCLEAR) if self._asked_again else self._ask_again()
        return (*nobody, *said)

    def joined(self) -> Cues:
        """A person is on the line with them: one sentence, and from here on we are silent."""
        if self.stage is Stage.JOINED:
            return ()
        self.stage, self._asks = Stage.JOINED, []
        return (Cue("joined"),)

    def left(self, standing: float) -> Cues:
        """The person dropped off the line; we keep company again, and say it when nobody comes."""
        if self.stage is not Stage.JOINED:
            return ()
        self.stage, self._nobody_due = Stage.STAYING, standing + NOBODY_AFTER
        return self._stay()

    # -- what is said

    def _stand(self, hold: str, first: tuple[str, ...]) -> Cues:
        """Say that help is being told, once for each kind of danger, then ask what is not known yet."""
        if self._holds and (hold == "hold" or hold in self._holds):
            return ()
        self._holds.add(hold)
        self.stage = Stage.ASKING
        facts = ("where", "alone") if self._holds == {"hold_scam"} else FACTS
        asks = dict.fromkeys((*first, *self._asks, *facts))
        asked_of_it = {"dying"} if hold == "hold_suicide" else set()
        self._asks = [question for question in asks if question not in self.answers.keys() | asked_of_it]
        return (Cue(hold), *self._next())

    def _ask_first(self, question: str) -> Cues:
        if question in self._asks or question in self.answers or "hold_suicide" in self._holds:
            return ()
        self.stage, self._asks = Stage.ASKING, [question, *self._asks]
        self._asked_again = False
        return self._question()

    def _call_again(self, hold: str, first: tuple[str, ...], known: Mapping[str, str]) -> Cues:
        self.answers.update({question: words for question, words in known.items() if words})
        self._holds.add(hold)
        self.stage = Stage.ASKING
        self._asks = ["all_right", *(one for one in (*first, *FACTS) if one not in self.answers)]
        return self._question()

    def _taken(self, question: str, words: str, answer: Answer) -> Cues:
        """An answer, or its absence, is written down; where it decides something, it does so here."""
        self.answers[question] = words
        self._asks.pop(0)
        clearly_not = answer is Answer.NO
        match question:
            case "dying" if clearly_not and not self._holds:
                self.stage = Stage.CALM
                return ()
            case "dying" if not clearly_not:
                return self._stand("hold_suicide", ("dying_now",))
            case "dying_now" if not clearly_not:
                self.level = Level.EMERGENCY  # C-24; no answer is not a no
            case "alone_to_talk" if answer is not Answer.YES:
                # Whoever they fear may hear: nothing is asked whose answer would give them away (C-25).
                self._asks = [one for one in self._asks if one in {"where", "door"}]
            case "all_right":
                return (Cue(next(iter(self._holds))), *self._next())
        return self._next()

    def _next(self) -> Cues:
        self._asked_again = False
        if self._asks:
            return self._question()
        self.stage = Stage.STAYING
        return self._stay()

    def _ask_again(self) -> Cues:
        self._asked_again = True
        return self._question()

    def _question(self) -> Cues:
        question = self._asks[0]
        if question in FACTS:
            return (Cue(f"fact_{question}{self._whose}"),)
        return (Cue("call_again" if question == "all_right" else f"ask_{question}"),)

    def _stay(self) -> Cues:
        self._stays += 1
        return (Cue("stay", self._stays - 1),)

    def _nobody_yet(self, silent: float, standing: float) -> Cues:
        if standing < self._nobody_due or silent < 1.0:
            return ()
        self._nobody_due = standing + NOBODY_EVERY
        return (Cue("nobody_yet"),)


_YES_NO = {"dying", "dying_now", "alone_to_talk"}


def _hold(code: SignalCode, subject: Subject, speaks: Speaks) -> tuple[str, tuple[str, ...]]:
    """The line that fits the danger, and what is asked before the facts."""
    if speaks is Speaks.CHILD:
        return "hold_child", ()
    if code is SignalCode.SUICIDAL_IDEATION and speaks is Speaks.RESIDENT and subject is Subject.RESIDENT:
        return "hold_suicide", ("dying_now",)
    if code is SignalCode.ABUSE_NEGLECT:
        return "hold_abuse", ("alone_to_talk",)
    return ("hold_scam" if code is SignalCode.SCAM else "hold"), ()
