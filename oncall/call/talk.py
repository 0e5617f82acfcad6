"""One conversation: what the two sockets report goes to the ends of the line, and what the course decides is done.

The model hears and phrases; whose turn it is and what must be said word for word is decided here and in `course.py`.
"""

from collections.abc import Callable
from typing import Any

from oncall.call import patience
from oncall.call.bridge import Bridge
from oncall.call.company import Company
from oncall.call.conversation import Conversation
from oncall.call.course import RESUME, Course
from oncall.call.ears import Ears
from oncall.call.emergency import Cue
from oncall.call.entry import Record
from oncall.call.far_end import FarEnd, Heard
from oncall.call.granting import Granting
from oncall.call.keypad import HELP_KEY
from oncall.call.line import Line
from oncall.call.minutes import Minutes
from oncall.call.model_events import ModelEvents
from oncall.call.near_end import NearEnd
from oncall.call.playback import Spoken
from oncall.call.proofreader import Proofreader
from oncall.call.reply import NOTHING, Phase, Reply
from oncall.call.tape import Tape
from oncall.call.tool_use import ToolUse
from oncall.models import AnsweredBy, Level, SignalCode
from oncall.models.wish import Wish

MOST_HELD_BACK = 3


class Talk:
    """The turns of one call. `over` is called once, with the reason, when the talk has ended from our side; `lead`
    when the call is to follow other TwiML, by the last part of its path."""

    def __init__(self, line: Line, bridge: Bridge, ears: Ears, write: Callable[[Record], None],
                 over: Callable[[str], None], lead: Callable[[str], None], *, again: bool = False) -> None:  # fmt: skip
        self.line, self.bridge = line, bridge
        self._minutes, self._over, self._lead = Minutes(line, write), over, lead
        self._patience = patience.Patience()
        self.conversation = Conversation(line, self._minutes.noted)
        self.course = Course(line, self.conversation, again=again)
        self.far_end = FarEnd(line, ears, self._minutes)
        self.near_end = NearEnd(line, bridge, self._minutes, self._patience, self.model_gone)
        self._proofreader = Proofreader(line, self._hold_back)
        self._held_back = 0
        self.tape = Tape(line, self._minutes, lambda: bridge.heard_ms)
        self._granting = Granting(line, bridge, self.near_end, self.tape, write)
        self._tools = ToolUse(self.conversation, self.course, self.near_end, self._minutes, self._do)
        self._ending: str | None = None
        self._ended = self._hung_up = False
        self._awaited: str | None = None  # the turn whose words decide what is said
        self._answering = ("", 0)  # the far end's turn our next response is about, and when it began
        self._company = Company(self.course, (self.far_end, self.near_end), self._minutes, self._patience, self._do)
        self._events = ModelEvents(line.attempt_id, self._proofreader.more, {
            "input_audio_buffer.speech_started": self._speech_started,
            "input_audio_buffer.speech_stopped": self._speech_stopped,
            "input_audio_buffer.committed": self._committed,
            "conversation.item.input_audio_transcription.completed": self._in_words,
            "conversation.item.input_audio_transcription.failed": self._in_words,
            "response.created": self.near_end.response_created,
            "response.output_audio_transcript.done": self._our_words,
            "response.done": self._response_done,
        }, self.model_gone, self.near_end.busy_already)  # fmt: skip

    # -- what the two sockets report

    def begin(self) -> None:
        """The stream stands: wait for the answer to "is it you?"."""
        self.conversation.spared()
        self._patience.for_the_end(patience.LONGEST_TALK_SECONDS, lambda: self._do(self.course.too_long()))
        self._patience.for_resident(patience.FIRST_WORDS_WITHIN, lambda: self._do(self.course.silence()))
        self._do(self.course.begins())

    def model_said(self, raw: bytes) -> None:
        """Any event of the model but its sound."""
        if not self._ended:
            self._events.read(raw)

    def played(self, mark: str) -> None:
        """The carrier played what stood before this mark."""
        for spoken in self.near_end.played(mark):
            self._was_heard(spoken)
        self._after_our_speech()

    def pressed(self, digit: str) -> None:
        """A key was pressed: 0 is a wish for a person, 9 is danger (as in the keypad check)."""
        if digit == HELP_KEY:
            self._minutes.key_alarm(self.bridge.heard_ms)
            self._do(self.course.alarm(SignalCode.HEALTH_ACUTE))
        elif digit == "0":
            self._do(self.course.wish(Wish.PERSON))

    def phone_hung_up(self) -> None:
        """The far end has gone; the words it was at are still waited for: they may be a cry for help (H-40)."""
        if self._hung_up or self._ended:
            return
        self._hung_up = True
        self.near_end.stop()
        if self.far_end.is_speaking:
            self.bridge.fall_silent()  # so that the model takes the turn to be over
        elif not self.far_end.awaits_words:
            self._go()
            return
        self._patience.for_the_end(patience.LAST_WORDS_WITHIN, self._go)

    def _go(self) -> None:
        self._finish("hung_up" if self._ending is None else self._ending)

    def model_gone(self) -> None:
        """The model's socket was lost in the middle of the talk, or it gives no answer."""
        self.fail("model_down")

    def fail(self, reason: str) -> None:
        """Our side cannot go on; the line is not dropped in silence (`webhooks.after` goes on)."""
        self._finish(reason)

    def sound_sent(self, spoken: Spoken, came_at: float) -> None:
        """The model's voice is on its way: it lives, and nobody is silent. `came_at` is when it reached us."""
        self._patience.resident_came()
        self.near_end.sound_sent(spoken, came_at)

    def still_speaking(self) -> None:
        """The far end has spoken over us long enough to mean it: stop our voice, and say what was heard of it."""
        self.far_end.interrupts()
        if self.near_end.is_quiet:
            return
        self.near_end.stop()
        if self._ending == "done":
            self._ending = None

    # -- the far end's turns

    def _speech_started(self, event: dict[str, Any]) -> None:
        self._patience.resident_came()
        self._granting.pace.they_began(int(event["audio_start_ms"]))
        self.far_end.begins(event, over_ours=self.near_end.is_heard)

    def _speech_stopped(self, event: dict[str, Any]) -> None:
        self.far_end.stops(event)
        self._company.somebody_spoke()

    def _committed(self, event: dict[str, Any]) -> None:
        began = self.far_end.turn_at(event["item_id"], self.bridge.heard_ms)
        if began is None:
            return
        self._answering = (event["item_id"], began)
        self._granting.pace.they_stopped(self.bridge.heard_ms)
        self.near_end.they_stopped(self.far_end.stopped_ms)
        # What is said to somebody who spoke over a notice hangs on their words: it may be a wish about just that.
        reply = Reply(waits=True) if self.near_end.owes else self.course.turn_ended()
        if reply.waits:
            self._awaited = event["item_id"]
            self._patience.for_resident(patience.WORDS_WITHIN, self._no_words)
        self._do(reply)

    def _in_words(self, event: dict[str, Any]) -> None:
        awaited, failed = self._awaited == event["item_id"], event["type"].endswith("failed")
        if awaited:
            self._awaited = None
            self._patience.resident_came()
        self._proofreader.they_said(str(event.get("transcript") or ""))
        heard = self.far_end.in_words(event, self.bridge.heard_ms, question=self.near_end.last_words)
        for hit in heard.alarms:
            self._minutes.net_alarm(hit.code, hit.level, heard.words, heard.starts_ms, subject=hit.subject,
                                    confidence=hit.confidence, speaks=self.course.speaks(heard))  # fmt: skip
        if failed:
            reply = self.course.no_words() if awaited else Reply()
        elif not heard.words:
            reply = self._sounds(heard)
        else:
            reply = self.course.heard(heard)
            if awaited and reply == NOTHING and self.near_end.owes:
                reply = self.course.turn_ended()
        self._do(reply)
        self._who_answered()
        if self._hung_up and not self.far_end.awaits_words:
            self._go()
        elif not reply.cues and not reply.model:
            self._after_our_speech()

    def _sounds(self, heard: Heard) -> Reply:
        if not heard.is_turn:
            return Reply()
        reply = self.course.made_sounds(cut_ours=heard.cut_ours)
        if self.course.phase is Phase.EMERGENCY and self._company.is_new:
            self._minutes.net_alarm(SignalCode.HEALTH_ACUTE, Level.EMERGENCY, "", heard.starts_ms,
                                    confidence=0.3)  # fmt: skip
        return reply

    def _no_words(self) -> None:
        self._awaited = None
        self._do(self.course.no_words())
        self._after_our_speech()

    # -- our turns

    def _do(self, reply: Reply) -> None:
        """Do what the course decided; what is asked for is written down before anything is said."""
        if self._ended:
            return
        for wish in reply.wishes:
            self._minutes.wish(wish)
            self._granting.grant(wish)
        if self._hung_up:
            return
        if reply.leads is not None:
            self.near_end.stop()
            self._lead(reply.leads)
            self._finish("led")
            return
        if reply.cuts:
            self.near_end.stop()
        self._ending = reply.ends or (None if reply.model or self.course.phase is Phase.EMERGENCY else self._ending)
        last = self.near_end.last_line
        notices = self._notices() if reply.model or reply.again else ()
        self.near_end.say(*reply.cues, *notices)
        if notices:
            self.near_end.ask(RESUME if reply.order or reply.again else "")
        elif reply.again and last is not None:
            self.near_end.say(last)
        elif reply.again:
            self.near_end.ask(self.course.say_again_order)
        elif reply.model:
            self.near_end.ask(reply.order)
        if self.course.phase is Phase.EMERGENCY:
            self._company.keep()
        if reply.ends and not reply.cues:
            self._after_our_speech()

    def _notices(self) -> tuple[Cue, ...]:
        """What they must be told before the questions and have not heard; of the recording nothing once it is refused."""
        if self.course.phase is not Phase.QUESTIONS:
            return ()
        refused = Wish.DO_NOT_RECORD in self.conversation.wishes
        return tuple(cue for cue in self.near_end.owed() if not (refused and cue.key == "recorded"))

    def _our_words(self, event: dict[str, Any]) -> None:
        spoken = self.near_end.words(event["item_id"], str(event.get("transcript") or ""))
        if spoken is not None:
            self._was_heard(spoken)

    def _hold_back(self) -> None:
        """The model is about to say what may not be said: a fixed line instead, and on with the question (C-17)."""
        if self._ended or self._hung_up or self.course.phase is not Phase.QUESTIONS:
            return
        self.near_end.take_back()
        self._held_back += 1
        if self._held_back <= MOST_HELD_BACK:
            self.near_end.say(Cue("instead", self._held_back - 1))
            self.near_end.ask(RESUME)
        else:
            self.fail("model_down")  # a model that goes on like this is not to be used: the keypad takes over

    def _was_heard(self, spoken: Spoken) -> None:
        """Something of ours was heard to its end: once the recording line is, the tape may run (C-03)."""
        self._company.somebody_spoke()
        if spoken.line == "recorded":
            self.tape.start()

    def _response_done(self, event: dict[str, Any]) -> None:
        self._proofreader.finished()
        output = self.near_end.response_done(event["response"])
        if not self._ended:
            self._tools.use(output, *self._answering)
            self.near_end.go_on()
            self._after_our_speech()

    # -- silence, goodbye, and the end

    def _after_our_speech(self) -> None:
        """Nothing of ours is left to be heard: hang up after the goodbye, else wait for the resident."""
        if self._ended or self._hung_up:
            return
        if not self.near_end.is_quiet:
            if self._ending and not self.near_end.is_making:
                slack = self.bridge.playback.buffered_ms / 1000 + patience.GOODBYE_SLACK_SECONDS
                self._patience.for_resident(slack, lambda: self._finish(self._ending or "goodbye"))
        elif self._ending and not self.far_end.is_speaking and self._awaited is None:
            self._finish(self._ending)
        elif not self.far_end.is_speaking and self._awaited is None and not self.course.emergency.is_on:
            self._patience.for_resident(patience.SILENCE_SECONDS, lambda: self._do(self.course.silence()))

    def _who_answered(self) -> None:
        if self.course.who is not AnsweredBy.UNKNOWN:
            self._minutes.answered_by(self.course.who)

    def _finish(self, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        self._patience.over()
        self.near_end.stop()
        if reason not in {"led", "model_down", "broken", "malformed"}:
            self.conversation.close(reason)
        self._granting.call_is_over()
        self._over(reason)
