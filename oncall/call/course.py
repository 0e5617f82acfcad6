"""The course of one call: after each turn of the far end, what our side does next. Words in, decisions out; no sound.

First the right person (nothing of welfare or risk before, C-02), then the questions, which the model phrases; danger
takes over at any moment and is scripted to the end; a wish about the call is honoured at once (C-10).
"""

from dataclasses import replace

from oncall.call import about_me
from oncall.call.conversation import Conversation
from oncall.call.emergency import Cue, Cues, Emergency
from oncall.call.far_end import Heard
from oncall.call.line import Danger, Known, Line
from oncall.call.reply import NOTHING, Phase, Reply
from oncall.models import AnsweredBy, AttemptKind, Level, SignalCode, Speaks, Subject
from oncall.models.first_words import FirstWords
from oncall.models.wish import Wish

REPHRASE = "They have not answered. Ask the same question again in other, simpler words: one short sentence."
GO_ON = "They only showed that they listen. Go on from where you were cut off, in one short sentence."
SAY_AGAIN = "Say what you last said again, in simpler words, one short sentence."
BACK = "Have they still not answered [{fact}]? Reply to what they said in a few words, and ask it again."
MOST_SMALL_TALK = 2  # turns in a row, then back to the questions (C-16)
RESUME = "Go on with the question you were at; do not greet them again."

_ENDS = {Wish.PERSON: "asked_for_person", Wish.STOP_CALLING: "stop_calling", Wish.LATER: "later",
         Wish.WRONG_PERSON: "wrong_person", Wish.SCAM_WORRY: "scam_worry", Wish.DECEASED: "deceased"}  # fmt: skip
_LINES = {Wish.WRONG_PERSON: "wrong_person", Wish.DECEASED: "deceased"}


class Course:
    """The decisions of one call."""

    def __init__(self, line: Line, conversation: Conversation, *, again: bool = False) -> None:
        self.phase = Phase.OPENING
        self.emergency = Emergency()
        self._line, self._conversation = line, conversation
        self._again = again  # the opening has been said twice
        self._silences = self._wordless = self._unheard = 0
        self._small_talk = 0  # turns of theirs since the model last took something down
        self._speaks = Speaks.RESIDENT
        self._who: AnsweredBy | None = None
        self._resumes: Phase = Phase.OPENING
        self._farewell = NOTHING  # what ended the call, or is to end it

    @property
    def who(self) -> AnsweredBy:
        """Who picked up, as far as the opening told."""
        return self._who or AnsweredBy.UNKNOWN

    @property
    def say_again_order(self) -> str:
        """What the model is told when its own last words are to be said again."""
        return SAY_AGAIN

    def speaks(self, heard: Heard) -> Speaks:
        """Who says this, as far as it is known."""
        if heard.first is FirstWords.CHILD or self._speaks is Speaks.CHILD:
            return Speaks.CHILD
        return Speaks.OTHER if heard.answered_by is AnsweredBy.OTHER else self._speaks

    def begins(self) -> Reply:
        """The stream stands. A redial goes straight to the danger it is about (R-21)."""
        if self._line.kind is AttemptKind.REDIAL:
            self._conversation.alarmed = True
            self.phase = Phase.EMERGENCY
            danger = self._line.danger or Danger(SignalCode.HEALTH_ACUTE, Level.EMERGENCY, Subject.RESIDENT, {})
            self._speaks = danger.speaks
            return Reply(self.emergency.begin(danger.code, level=danger.level, subject=danger.subject, again=True,
                                              speaks=danger.speaks, known=danger.answers))  # fmt: skip
        return NOTHING

    def turn_ended(self) -> Reply:
        """A turn of theirs is over, its words still on their way: the model may answer, code must wait."""
        self._silences = 0
        if self.phase is not Phase.QUESTIONS:
            return Reply(waits=True)
        self._small_talk += 1
        open_fact = self._conversation.checklist.next_open
        if self._small_talk <= MOST_SMALL_TALK or open_fact is None:
            return Reply(model=True)
        self._small_talk = 0
        return Reply(model=True, order=BACK.format(fact=open_fact))

    def heard(self, heard: Heard) -> Reply:
        """A turn is in words."""
        self._conversation.last_heard = heard.words or self._conversation.last_heard
        if heard.words:
            self._wordless = 0
        if (hit := heard.alarm) is not None and self.phase is not Phase.EMERGENCY:
            self._speaks = self.speaks(heard)
            return self.alarm(hit.code, hit.level, hit.subject)
        if self.phase is Phase.EMERGENCY:
            return self._in_emergency(heard)
        wishes = tuple(wish for wish in heard.wishes if wish not in self._conversation.wishes)
        if wishes and self.phase is not Phase.ENDING:
            return self.wish(wishes[0])
        match self.phase:
            case Phase.OPENING:
                return self._opens(heard)
            case Phase.PASSING:
                return self._is_passed(heard)
            case Phase.ENDING:
                return self._after_goodbye(heard)
        return self._answers(heard)

    def alarm(self, code: SignalCode, level: Level = Level.EMERGENCY, subject: Subject = Subject.RESIDENT) -> Reply:
        """Danger: the questions rest, and what is said from here on is scripted."""
        cues = self._begin(code, level, subject)
        if self.phase is not Phase.EMERGENCY:
            self._resumes, self.phase = self.phase, Phase.EMERGENCY
        self._conversation.alarmed = True
        return Reply(cues, cuts=True)

    def wish(self, wish: Wish) -> Reply:
        """Something is asked of the call: confirmed in a fixed line, and the call ends or goes on accordingly."""
        self._conversation.wishes.add(wish)
        cue = Cue(_LINES.get(wish, f"wish_{wish.value}"))
        if ends := _ENDS.get(wish):
            return self._ends(Reply((cue,), cuts=True, ends=ends, wishes=(wish,)))
        # These may be asked for again and again.
        self._conversation.wishes -= {Wish.SLOWER, Wish.LOUDER, Wish.SAY_AGAIN}
        hard_to_hear = wish in {Wish.SLOWER, Wish.LOUDER, Wish.SAY_AGAIN}
        if self.phase in {Phase.OPENING, Phase.PASSING}:
            # The name is the carrier's to say, and the model says nothing before it is answered (C-02).
            if hard_to_hear and self._again:
                return replace(self._goodbye("third_party_bye", "not_confirmed"), wishes=(wish,))
            return Reply(leads="again", wishes=(wish,)) if hard_to_hear else Reply((cue,), cuts=True, wishes=(wish,))
        if hard_to_hear:
            return Reply((cue,), cuts=True, again=True, wishes=(wish,))
        if self.phase is Phase.QUESTIONS:
            cues = about_me.cues(self._known) if wish is Wish.ABOUT_ME else (cue,)
            return Reply(cues, model=True, order=RESUME, cuts=True, wishes=(wish,))
        return Reply((cue,), cuts=True, again=True, wishes=(wish,))

    def silence(self) -> Reply:
        """They have said nothing for a while: rephrase, ask whether they hear us, close kindly (H-39)."""
        self._silences += 1
        if self.phase is Phase.ENDING:
            return NOTHING
        if self.phase is Phase.PASSING:
            return Reply(leads="again") if self._silences == 1 else self._goodbye("third_party_bye", "other")
        if self.phase is Phase.OPENING:
            if self._silences == 1:
                return Reply((Cue("still_there"),))
            return self._goodbye("nobody_speaks", "silence") if self._again else Reply(leads="again")
        if self._silences == 1:
            return Reply(model=True, order=REPHRASE)
        return Reply((Cue("still_there"),)) if self._silences == 2 else self._goodbye("nobody_speaks", "silence")

    def no_words(self) -> Reply:
        """The words of a turn did not come in time: ask for them again. Who it is cannot be told without words: the
        second time the keypad asks instead."""
        if self.phase is Phase.EMERGENCY:
            return Reply(self.emergency.heard(""))
        self._unheard += 1
        if self.phase in {Phase.OPENING, Phase.PASSING} and self._unheard == 2:
            return self._ends(Reply(ends="model_down"))
        return Reply((Cue("not_heard"),)) if self.phase is not Phase.ENDING else Reply(ends=self._farewell.ends)

    def made_sounds(self, *, cut_ours: bool = False) -> Reply:
        """Speech without a word in it: moaning or breathing. Twice in a row, after asking, is danger, not certain."""
        self._wordless += 1
        if self.phase is Phase.EMERGENCY:
            return Reply(self.emergency.heard(""))
        if self.phase is Phase.ENDING:
            return self._farewell_again() if cut_ours else NOTHING
        if self._wordless >= 3:
            return self.alarm(SignalCode.HEALTH_ACUTE)
        return Reply((Cue("not_heard", self._wordless - 1),), cuts=True)

    def answered(self) -> None:
        """A fact was noted: whatever the words' spelling, they are talking, and to the point."""
        self._wordless = self._small_talk = 0

    def too_long(self) -> Reply:
        """The call has lasted long enough; after an alarm it may last (C-28)."""
        return NOTHING if self._conversation.alarmed else self._goodbye("closing", "too_long")

    def goodbye_said(self, reason: str) -> Reply:
        """The model has said goodbye and ended the call."""
        self._ends(Reply((Cue("closing"),), ends=reason))
        return Reply(ends=reason)

    # -- by phase

    def _opens(self, heard: Heard) -> Reply:
        if heard.answered_by is AnsweredBy.MACHINE or heard.first is FirstWords.MACHINE:
            self._who = AnsweredBy.MACHINE
            return self._ends(Reply(ends="machine"))
        match heard.first:
            case FirstWords.DECEASED:
                return self.wish(Wish.DECEASED)
            case FirstWords.CHILD:
                self._who, self._speaks = AnsweredBy.OTHER, Speaks.CHILD
                return replace(self._goodbye("child", "child"), cuts=True)
            case FirstWords.NO | FirstWords.OTHER:
                self._who, self._speaks, self.phase = AnsweredBy.OTHER, Speaks.OTHER, Phase.PASSING
                return Reply((Cue("third_party"),), cuts=True)
            case FirstWords.YES:
                return self._confirmed()
            case _ if not self._again:
                return Reply(leads="again")
            case FirstWords.TALKS:
                # Asked by name twice, they neither deny it nor ask who calls: somebody who answers with a story.
                return self._confirmed()
        return self._goodbye("third_party_bye", "not_confirmed")

    def _confirmed(self) -> Reply:
        self._who, self._speaks, self.phase = AnsweredBy.RESIDENT, Speaks.RESIDENT, Phase.QUESTIONS
        self._conversation.checklist.asks(self._conversation.checklist.next_open)
        recorded = "recorded" if self._line.recorded else "not_recorded"
        return Reply((Cue(recorded), Cue("purpose")), model=True)

    def _is_passed(self, heard: Heard) -> Reply:
        """After "could you pass the phone": a yes is waited on, a no ends it, any other voice is asked anew."""
        match heard.first:
            case FirstWords.YES:
                return NOTHING
            case FirstWords.NO | FirstWords.OTHER | FirstWords.WHO_ARE_YOU:
                return self._goodbye("third_party_bye", "other")
            case FirstWords.CHILD:
                return self._goodbye("child", "child")
        return Reply(leads="again")

    def _answers(self, heard: Heard) -> Reply:
        if heard.cut_ours and heard.back_channel:
            return Reply(model=True, order=GO_ON, cuts=True)
        if not heard.is_turn and heard.interrupts:
            return Reply(model=True, cuts=True)
        return NOTHING

    def _in_emergency(self, heard: Heard) -> Reply:
        if (hit := heard.alarm) is not None and (more := self._begin(hit.code, hit.level, hit.subject)):
            return Reply(more, cuts=True)
        cues = self.emergency.heard(heard.words)
        if not self.emergency.is_on:
            # A set phrase was asked about and clearly denied: the check-in goes on; what was raised stays raised.
            self.phase, self._conversation.alarmed = self._resumes, False
            match self._resumes:
                case Phase.QUESTIONS:
                    return Reply(model=True, order=RESUME)
                case Phase.ENDING:
                    return self._goodbye("closing", "done")
            return self._confirmed() if self._again else Reply(leads="again")
        wishes = tuple(wish for wish in heard.wishes if wish not in self._conversation.wishes)
        self._conversation.wishes |= set(wishes)
        return Reply(cues, wishes=wishes)

    @property
    def _known(self) -> Known:
        """What is known of them still: nothing that they had forgotten in this call."""
        return Known() if Wish.FORGET in self._conversation.wishes else self._line.known

    def _begin(self, code: SignalCode, level: Level, subject: Subject) -> Cues:
        """What is said to this danger; words of death that are no emergency are asked about first (H-13)."""
        asks = code is SignalCode.SUICIDAL_IDEATION and level is not Level.EMERGENCY
        return self.emergency.begin(code, level=level, subject=subject, speaks=self._speaks, provisional=asks)

    def _after_goodbye(self, heard: Heard) -> Reply:
        """Somebody with more to tell is not hung up on."""
        more = heard.first is FirstWords.TALKS and not heard.back_channel and len(heard.words) > 8
        if more and self._conversation.willing:
            self.phase = Phase.QUESTIONS
            return Reply(model=True)
        return self._farewell_again() if heard.cut_ours else NOTHING

    def _goodbye(self, key: str, reason: str) -> Reply:
        return self._ends(Reply((Cue(key),), ends=reason))

    def _ends(self, reply: Reply) -> Reply:
        self.phase, self._farewell = Phase.ENDING, replace(reply, cuts=False, wishes=())
        return reply

    def _farewell_again(self) -> Reply:
        """The confirmation or goodbye that they cut, once more; cut again, the call is over without it."""
        again, self._farewell = self._farewell, replace(self._farewell, cues=())
        return again
