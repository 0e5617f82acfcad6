"""A rehearsal: one call in words alone, with the prompt, the functions and the course of a live one.

What a live call does is done by the same code: `Course` decides whose turn it is and what is said word for word,
`Conversation` answers the functions, the listening is the one calls are given. Left out are sound and time, and a person
on duty: a rehearsal of an emergency is over when everything has been asked.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from oncall.call import script
from oncall.call.conversation import TOOLS, Conversation
from oncall.call.course import Course
from oncall.call.ears import Ears
from oncall.call.emergency import Cue, Stage
from oncall.call.far_end import Heard
from oncall.call.instructions import instructions
from oncall.call.line import Line
from oncall.call.persona import Persona, Player
from oncall.call.rehearsed import Rehearsed
from oncall.call.reply import Phase, Reply
from oncall.call.sentences import sentences_of
from oncall.call.speech_rulebook import Severity
from oncall.call.speech_rules import Broken, SpeechRules
from oncall.gateways import model
from oncall.gateways.model import ModelUnavailable, Utterance
from oncall.models import FactState, Language
from oncall.models.first_words import FirstWords
from oncall.models.seal import Seal
from oncall.models.wish import Wish

MOST_TURNS = 30  # of the resident
MOST_RESPONSES = 5  # of the model to one turn: functions and speech in alternation

Talker = Callable[[str, Sequence[dict[str, Any]]], Utterance]  # instructions and items: what the caller does next


def a_line(language: Language, facts: Sequence[str], circumstances: Sequence[str] = ()) -> Line:
    """The line of nobody: what the code of a call must know, without a database or a resident."""
    nobody = uuid4()
    return Line(nobody, nobody, nobody, nobody, "rehearsal", None, language, tuple(facts), Seal(os.urandom(32)),
                "rehearsal", recorded=True, circumstances=tuple(circumstances))  # fmt: skip


def talker(line: Line) -> Talker:
    """The configured model as the caller of this line, with the functions of a live call."""

    def speak(told: str, items: Sequence[dict[str, Any]]) -> Utterance:
        return model.converse(instructions=told, items=items, tools=TOOLS, safety_identifier=line.caller)

    return speak


class Rehearsal:
    """One call. `prompt` is a file in place of the one that calls are made with."""

    def __init__(self, line: Line, ears: Ears, persona: Persona, player: Player, speak: Talker, *,
                 prompt: Path | None = None, called: str = "…") -> None:  # fmt: skip
        self._line, self._ears, self._player, self._speak = line, ears, player, speak
        self._called = called
        self._conversation = Conversation(line, self._noted)
        self._course = Course(line, self._conversation)
        self._ear = ears.ear(str(line.language))
        self._rules = SpeechRules(line.language, line.circumstances)
        self._instructions = instructions(line, self._conversation.checklist, prompt)
        self._items: list[dict[str, Any]] = []
        self._heard_since: list[str] = []  # by the resident
        self._last_line: Cue | None = None  # None when the model has spoken since, as in `NearEnd`
        self._last_words = ""
        self._instead = 0
        self._own_words: list[str] = []  # the model's, in this turn
        self._responses = self._answered_now = 0
        self.result = Rehearsed(persona.id)

    def play(self) -> Rehearsed:
        """The whole call. A model that is not to be had ends it, and is named in `ended`."""
        try:
            self._conversation.spared()
            self._by_carrier("opening")
            self._by_carrier("right_person", name=self._called)
            while not self.result.ended:
                self._turn(self._player.answer(self._heard_since))
        except ModelUnavailable as error:
            self.result.ended = f"model:{error.reason}"
        self._conversation.close(self.result.ended)
        self.result.wishes |= self._conversation.wishes
        return self.result

    # -- the resident's turns

    def _turn(self, words: str | None) -> None:
        self._heard_since, self._own_words, self._responses, self._answered_now = [], [], 0, 0
        if words is None:
            self.result.ended = "hung_up"
            return
        self.result.turns.append(("resident", words))
        if not words:
            self._do(self._course.silence())
        else:
            self._they_said(words)
        owed = self._rules.turn_done()
        if owed and self._own_words:
            self.result.broken.append((owed, " ".join(self._own_words)))
        self.result.most_at_once = max(self.result.most_at_once, self._answered_now)
        if len([who for who, _ in self.result.turns if who == "resident"]) >= MOST_TURNS and not self.result.ended:
            self._do(self._course.too_long())
            self.result.ended = self.result.ended or "too_long"

    def _they_said(self, words: str) -> None:
        heard = self._understood(words)
        self._items.append({"type": "message", "role": "user", "content": words})
        self._rules.they_said(words)
        ended = self._course.turn_ended()
        reply = self._course.heard(heard)
        self.result.alarmed |= self._conversation.alarmed
        if not ended.model:
            self._do(reply)
            return
        # In a live call the model begins to answer while the words are still being written down; where code speaks
        # it is cut, unheard. What it would have done is asked for all the same: did the prompt notice?
        utterance = self._ask(ended.order)
        if reply.cues or reply.leads or reply.ends or reply.cuts:
            self._notice(utterance)
            self._do(reply)
        else:
            self._use(utterance)

    def _understood(self, words: str) -> Heard:
        language, understood = str(self._line.language), self._ear.hear(words, self._last_words)
        ears = self._ears
        return Heard(
            "turn", words, 0, True, False, ears.back_channel(words, language), ears.interrupts(words, language),
            ears.first_words(words, language) if words else FirstWords.NOTHING, tuple(understood.hits),
            understood.answered_by,
        )  # fmt: skip

    # -- our turns

    def _do(self, reply: Reply) -> None:
        """What `Talk._do` does, in words."""
        if self.result.ended:
            return
        self.result.wishes |= set(reply.wishes)
        if reply.leads is not None:
            self._lead(reply.leads)
            return
        last = self._last_line
        for cue in reply.cues:
            self._line_said(cue)
        if reply.again and last is not None:
            self._line_said(last)
        elif reply.again:
            self._use(self._ask(self._course.say_again_order))
        if reply.model:
            self._use(self._ask(reply.order))
        if reply.ends:
            self.result.ended = reply.ends
        elif self._course.phase is Phase.EMERGENCY and self._course.emergency.stage is Stage.STAYING:
            self.result.ended = "emergency"

    def _lead(self, where: str) -> None:
        """Other TwiML: the opening once more, slowly, or an end of this part of the call."""
        if where != "again":
            self.result.ended = where
            return
        self._course = Course(self._line, self._conversation, again=True)
        self._by_carrier("right_person_again", name=self._called)

    def _ask(self, order: str = "") -> Utterance:
        self._responses += 1
        ordered = [{"type": "message", "role": "developer", "content": order}] if order else []
        utterance = self._speak(self._instructions, [*self._items, *ordered])
        if self._course.phase in {Phase.OPENING, Phase.PASSING}:
            early = Broken("C-02.too_early", "the model speaks before the right person has answered", Severity.STOP)
            self._broke(early, utterance.text)
        return utterance

    def _use(self, utterance: Utterance) -> None:
        """What `Talk._use_tools` does, after what the model said."""
        if utterance.text:
            self._own_speech(utterance)
        self._notice(utterance)
        answers = False
        for call in utterance.calls:
            heard = self._conversation.use(call.name, call.arguments)
            self._items += [
                {"type": "function_call", "name": call.name, "arguments": call.arguments, "call_id": call.call_id},
                {"type": "function_call_output", "call_id": call.call_id,
                 "output": json.dumps(heard.output, ensure_ascii=False)},
            ]  # fmt: skip
            self.result.requests += heard.request is not None
            if heard.alarm is not None:
                self.result.alarmed = True
                self._do(self._course.alarm(heard.alarm))
            elif heard.wish is not None and self._course.phase in {Phase.OPENING, Phase.QUESTIONS}:
                self.result.wishes.add(heard.wish)
                self._do(self._course.wish(heard.wish))
            elif heard.ends is not None:
                goodbye = self._course.goodbye_said(heard.ends)
                self._do(goodbye if utterance.text else replace(goodbye, cues=(Cue("closing"),)))
            self._course.answered()
            answers = answers or not (heard.is_answered_by_line or heard.output.get("silent") or heard.ends)
        if answers and self._course.phase is Phase.QUESTIONS and not self.result.ended:
            if self._responses < MOST_RESPONSES:
                self._use(self._ask())
            else:
                self._broke(Broken("C-17.endless", "goes on calling functions without speaking", Severity.NOTE), "")

    def _own_speech(self, utterance: Utterance) -> None:
        """The model's words, sentence by sentence; what must not be heard is cut, and a fixed line said instead."""
        if any(call.name in {"raise_alarm", "resident_says"} for call in utterance.calls):
            self._broke(
                Broken("C-17.speaks_over", "speaks where a recorded line follows", Severity.NOTE), utterance.text
            )
        said = []
        for sentence in sentences_of(utterance.text):
            broken = self._rules.broken(sentence)
            for one in broken:
                self._broke(one, sentence)
            if any(one.severity is Severity.STOP for one in broken):
                break
            said.append(sentence)
        else:
            self._voice("caller", " ".join(said))
            return
        if said:
            self._voice("caller", " ".join(said))
        self._line_said(Cue("instead", self._instead))
        self._instead += 1

    def _broke(self, broken: Broken, sentence: str) -> None:
        self.result.broken.append((broken, sentence))

    def _by_carrier(self, key: str, *, name: str = "") -> None:
        """A line of the opening: the carrier says it, and the model never knows of it (P-30)."""
        self.result.lines.append(key)
        self._told("line", script.line(key, self._line.language, name=name))

    def _line_said(self, cue: Cue) -> None:
        self.result.lines.append(cue.key)
        self._last_line = cue
        self._voice("line", script.line(cue.key, self._line.language, turn=cue.turn, notes=cue.notes))

    def _voice(self, whose: str, words: str) -> None:
        self._told(whose, words)
        if whose == "caller":
            self._own_words.append(words)
        self._items.append(
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": words}]}
        )

    def _told(self, whose: str, words: str) -> None:
        self.result.turns.append((whose, words))
        self._heard_since.append(words)
        self._last_words = words
        if whose == "caller":
            self._last_line = None

    # -- what is taken down

    def _notice(self, utterance: Utterance) -> None:
        for call in utterance.calls:
            if call.name == "raise_alarm":
                self.result.noticed.add("alarm")
            elif call.name == "resident_says":
                self.result.noticed |= {wish.value for wish in Wish if f'"{wish.value}"' in call.arguments}

    def _noted(self, fact: str, state: FactState, reason: str, words: str) -> None:
        self.result.facts[fact] = (state, reason)
        self._answered_now += state is FactState.ANSWERED
