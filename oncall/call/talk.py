"""One conversation's turns: who speaks, when the agent is interrupted, what the tools do, and how the call ends.

The model hears and phrases; whose turn it is, is decided here: the model is asked for a response when the resident
has finished a turn, and short back-channels under our speech (네, 응, mm) are neither an interruption nor a turn.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import structlog

from oncall.call import script
from oncall.call.bridge import Bridge
from oncall.call.conversation import Conversation, Heard
from oncall.call.far_end import FarEnd, Net
from oncall.call.line import Line
from oncall.call.minutes import Minutes
from oncall.call.patience import Patience
from oncall.call.playback import Spoken
from oncall.call.scribe import Record
from oncall.models.wish import Wish

log = structlog.get_logger()

FIRST_WORDS_WITHIN = 2.5  # after the opening asked who is there
SILENCE_SECONDS = 7.0
MODEL_SILENT_SECONDS = 9.0
LONGEST_TALK_SECONDS = 600.0
GOODBYE_SLACK_SECONDS = 2.5
MOST_FAILED_RESPONSES = 2

_FATAL = {"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "invalid_api_key",
          "account_deactivated", "beta_api_shape_disabled", "session_expired"}  # fmt: skip


class Talk:
    """The turns of one call. `over` is called once, with the reason, when the talk has ended from our side."""

    def __init__(self, line: Line, bridge: Bridge, net: Net, write: Callable[[Record], None],
                 over: Callable[[str], None]) -> None:  # fmt: skip
        self.line, self.bridge, self.conversation = line, bridge, Conversation(line)
        self._minutes, self._over = Minutes(line, write), over
        self.far_end = FarEnd(line, net, self._minutes, self.conversation)
        self._active: str | None = None  # the response being made: its id, or "" until it is known
        self._wanted: list[str | None] = []  # responses to ask for once the active one is done
        self._silences = self._failures = 0
        self._patience = Patience()
        self._ending: str | None = None
        self._ended = False
        self._answering = ("", 0)  # the far end's turn our next response is about, and when it began
        self._handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "input_audio_buffer.speech_started": self._speech_started,
            "input_audio_buffer.speech_stopped": self.far_end.stops,
            "input_audio_buffer.committed": self._committed,
            "conversation.item.input_audio_transcription.completed": self._transcribed,
            "conversation.item.input_audio_transcription.failed": self._transcribed,
            "response.created": self._response_created,
            "response.output_audio_transcript.done": self._agent_words,
            "response.done": self._response_done,
            "error": self._error,
        }

    # -- what the two sockets report

    def begin(self) -> None:
        """The stream stands: wait for the answer to "is it you?", and speak first if none comes."""
        self._patience.for_resident(FIRST_WORDS_WITHIN, self._respond)
        self._patience.for_the_end(LONGEST_TALK_SECONDS, self._close_kindly)

    def model_said(self, raw: bytes) -> None:
        """Any event of the model but its sound; the many we have no use for are dropped unparsed."""
        head = raw[:120]
        if b"response.content_part" in head or b"transcript.delta" in head or b"rate_limits" in head:
            return
        try:
            event = json.loads(raw)
            handler = self._handlers.get(event["type"])
        except (ValueError, KeyError, TypeError):
            log.warning("model_event_unreadable", attempt=str(self.line.attempt_id))
            return
        if handler is None:
            return
        try:
            handler(event)
        except (KeyError, TypeError, ValueError, AttributeError):
            # An event without what its kind must carry; the call goes on without it.
            log.exception("model_event_failed", attempt=str(self.line.attempt_id), kind=event["type"])

    def played(self, mark: str) -> None:
        """The carrier played what stood before this mark."""
        for spoken in self.bridge.playback.heard(mark, time.monotonic()):
            self._agent_turn(spoken)
        self._after_our_speech()

    def pressed(self, digit: str) -> None:
        """A key was pressed: 0 is a wish for a person."""
        if digit == "0":
            self.conversation.wishes.add(Wish.PERSON)
            self._minutes.wish(Wish.PERSON)
            self._respond(script.line("closing", self.line.language))
            self._ending = self._ending or "asked_for_person"

    def phone_hung_up(self) -> None:
        """The far end has gone."""
        self._finish("hung_up" if self._ending is None else self._ending)

    def model_gone(self) -> None:
        """The model's socket was lost in the middle of the talk."""
        self.fail("model_down")

    def fail(self, reason: str) -> None:
        """Our side cannot go on; the line is not dropped in silence (`webhooks.after` says why)."""
        self._finish(reason)

    def sound_sent(self) -> None:
        """The model's voice is on its way: it lives, and nobody is silent."""
        self._patience.resident_came()
        self._patience.model_came()

    def still_speaking(self) -> None:
        """The far end has spoken over us long enough to mean it: stop our voice, and say what was heard of it."""
        self.far_end.interrupts()
        playback = self.bridge.playback
        if playback.idle and self._active is None:
            return
        for spoken in playback.cut(time.monotonic()):
            self.bridge.ask_model({"type": "conversation.item.truncate", "item_id": spoken.item, "content_index": 0,
                                   "audio_end_ms": spoken.cut_at_ms})  # fmt: skip
            self._agent_turn(spoken)
        self.bridge.clear_phone()
        if self._active:
            self.bridge.dropped.add(self._active.encode())
            self.bridge.ask_model({"type": "response.cancel", "response_id": self._active})
        if self._ending in {"done", "said_goodbye"}:
            self._ending = None

    # -- the resident's turns

    def _speech_started(self, event: dict[str, Any]) -> None:
        self._patience.resident_came()
        self.far_end.begins(event, over_ours=not self.bridge.playback.idle)

    def _committed(self, event: dict[str, Any]) -> None:
        began = self.far_end.turn_at(event["item_id"], self.bridge.heard_ms)
        if began is None:
            return
        self._silences = 0
        self._answering = (event["item_id"], began)
        self._respond()

    def _transcribed(self, event: dict[str, Any]) -> None:
        self.far_end.in_words(event, self.bridge.heard_ms)

    # -- our turns

    def _respond(self, exactly: str | None = None) -> None:
        if self._ended:
            return
        if self._active is not None:
            self._wanted.append(exactly)
            return
        self._active = ""
        event: dict[str, Any] = {"type": "response.create"}
        if exactly is not None:
            event["response"] = {"instructions": f'Say exactly: "{exactly}"', "tool_choice": "none"}
        self.bridge.ask_model(event)
        self._patience.model_came()
        self._patience.for_model(MODEL_SILENT_SECONDS, self.model_gone)

    def _response_created(self, event: dict[str, Any]) -> None:
        self._active = event["response"]["id"]

    def _agent_words(self, event: dict[str, Any]) -> None:
        spoken = self.bridge.playback.items.get(event["item_id"])
        if spoken is not None:
            spoken.words = str(event.get("transcript") or "")
            if spoken.is_over:
                self._agent_turn(spoken)

    def _response_done(self, event: dict[str, Any]) -> None:
        self._active = None
        self._patience.model_came()
        response = event["response"]
        status = response.get("status")
        if status == "failed":
            self._failures += 1
            log.warning("response_failed", attempt=str(self.line.attempt_id), failures=self._failures)
            if self._failures >= MOST_FAILED_RESPONSES:
                self.fail("model_down")
            elif not self._wanted:
                self._patience.for_model(1.0, self._respond)
        if status == "completed":
            self._failures = 0
            self._use_tools(response.get("output") or [])
        self.bridge.dropped.discard(str(response.get("id")).encode())
        if self._wanted and self._active is None:
            self._respond(self._wanted.pop(0))
            self._wanted.clear()
        self._after_our_speech()

    def _use_tools(self, output: list[dict[str, Any]]) -> None:
        spoke = any(item.get("type") == "message" for item in output)
        asked = False
        for item in output:
            if item.get("type") != "function_call":
                continue
            heard = self.conversation.use(str(item.get("name")), str(item.get("arguments")))
            self._take_up(heard)
            self.bridge.ask_model({"type": "conversation.item.create", "item": {
                "type": "function_call_output", "call_id": item.get("call_id"),
                "output": json.dumps(heard.output, ensure_ascii=False)}})  # fmt: skip
            if heard.ends is None:
                asked = True
            elif not spoke:
                self._respond(script.line("closing", self.line.language))
        if asked:
            self._respond()

    def _take_up(self, heard: Heard) -> None:
        if heard.wish is not None:
            self._minutes.wish(heard.wish)
        if heard.alarm is not None:
            self._minutes.model_alarm(*heard.alarm, *self._answering)
        if heard.ends is not None:
            self._ending = heard.ends

    # -- silence, goodbye, and the end

    def _after_our_speech(self) -> None:
        """Nothing of ours is left to be heard: hang up after the goodbye, else wait for the resident."""
        if not self.bridge.playback.idle or self._active is not None or self._ended:
            if self._ending and self._active is None:
                slack = self.bridge.playback.buffered_ms / 1000 + GOODBYE_SLACK_SECONDS
                self._patience.for_resident(slack, lambda: self._finish(self._ending or "goodbye"))
            return
        if self._ending:
            self._finish(self._ending)
        elif not self.far_end.is_speaking and not self._wanted:
            self._patience.for_resident(SILENCE_SECONDS, self._silence)

    def _silence(self) -> None:
        """Silence is a normal kind of answer: ask again twice, then close kindly and have a person call (H-39).

        After an alarm we stay, and go on saying that help is being told (C-28).
        """
        if self.conversation.alarmed:
            self._respond(script.line("hold", self.line.language))
            return
        self._silences += 1
        if self._silences == 3:
            self._ending = "silence"
        key = {1: "still_there", 2: "still_there_again"}.get(self._silences, "nobody_speaks")
        self._respond(script.line(key, self.line.language))

    def _close_kindly(self) -> None:
        if self.conversation.alarmed:
            return  # the carrier's own limit ends it, or a person does
        self._ending = "too_long"
        self._respond(script.line("closing", self.line.language))

    def _finish(self, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        self._patience.over()
        for spoken in self.bridge.playback.cut(time.monotonic()):
            self._agent_turn(spoken)
        self._over(reason)

    def _agent_turn(self, spoken: Spoken) -> None:
        self._minutes.we_said(spoken, self.bridge.heard_ms)

    def _error(self, event: dict[str, Any]) -> None:
        error = event.get("error") or {}
        code = str(error.get("code"))
        if code in _FATAL:
            log.error("model_fatal", code=code)
            self.fail("model_down")
        elif code == "conversation_already_has_active_response":
            self._active = self._active or ""
            self._wanted.append(None)
