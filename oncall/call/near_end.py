"""Our side of the line: fixed lines from cached sound, everything else in the model's voice; one thing at a time.

Fixed lines need no model: their sound is rendered beforehand and goes out from here; only where it is missing is the
model told to say the line word for word. The model asked for a response is waited for so long and no longer.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from oncall.call import script, voice
from oncall.call.bridge import Bridge
from oncall.call.emergency import Cue
from oncall.call.line import Line
from oncall.call.minutes import Minutes
from oncall.call.patience import Patience
from oncall.call.playback import BYTES_PER_MS, Spoken

log = structlog.get_logger()

FILLER_AFTER_SECONDS = 3.0  # C-18
GIVEN_UP_AFTER_SECONDS = 6.0  # with their own pause before it and the carrier's way behind it, 8 s (C-18)
MOST_FAILED_RESPONSES = 2
FRAME_MS = 20
NOTICES = ("recorded", "not_recorded", "purpose")  # heard to their end, or said once more (C-03, C-10)
PIECE = 4000  # bytes of a fixed line sent at once: half a second between two marks


@dataclass(frozen=True)
class _Line:
    cue: Cue
    text: str

    @property
    def key(self) -> str:
        return self.cue.key


@dataclass(frozen=True)
class _Order:
    text: str  # for this response alone; "" for none


class NearEnd:
    """What we say in one call. `model_gone` is called when the model is given up."""

    def __init__(self, line: Line, bridge: Bridge, minutes: Minutes, patience: Patience,
                 model_gone: Callable[[], None]) -> None:  # fmt: skip
        self.speed, self.last_words = line.speed, ""
        self._line, self._bridge, self._minutes, self._patience = line, bridge, minutes, patience
        self._model_gone = model_gone
        self._active: str | None = None  # the response being made: its id, or "" until it is known
        self._unwanted = False  # the response being made is not wanted any more
        self._wanted: deque[_Line | _Order] = deque()  # what is to be said once the active response is done
        self._failures = self._fillers = self._lines_said = 0
        self._last_line: _Line | None = None
        self._unheard: list[str] = []  # notices that were cut off, or stopped before they had begun
        self._said_again: set[str] = set()
        self._played: dict[str, tuple[_Line, bytes]] = {}  # fixed lines from our own sound, by item
        self._stopped_at: float | None = None  # when they finished what we are to answer, monotonic seconds
        self._timing: dict[str, int] = {}

    @property
    def is_quiet(self) -> bool:
        """Nothing is being said, made or waited for."""
        return self._bridge.playback.idle and self._active is None and not self._wanted

    @property
    def last_line(self) -> Cue | None:
        """The fixed line said last; None when the model has spoken since."""
        return self._last_line.cue if self._last_line is not None else None

    @property
    def is_heard(self) -> bool:
        """Something of ours is being played to them."""
        return not self._bridge.playback.idle

    @property
    def is_making(self) -> bool:
        """The model is at a response."""
        return self._active is not None

    @property
    def owes(self) -> bool:
        """Some notice has not been heard, and was not said again yet."""
        return any(key not in self._said_again for key in self._unheard)

    # -- saying

    def say(self, *cues: Cue) -> None:
        """Say fixed lines, in order, after what is being said."""
        for cue in cues:
            text = script.line(cue.key, self._line.language, turn=cue.turn, notes=cue.notes)
            self._wanted.append(_Line(cue, text))
        self.go_on()

    def ask(self, order: str = "") -> None:
        """Have the model speak, with an order for this once if there is one."""
        if not (self._wanted and self._wanted[-1] == _Order(order)):
            self._wanted.append(_Order(order))
        self.go_on()

    def stop(self) -> list[Spoken]:
        """Fall silent at once; what was heard of it is told to the model and kept. Returns what was cut."""
        playback, now = self._bridge.playback, time.monotonic()
        was_heard, buffered = not playback.idle, int(playback.buffered_ms)
        cut = playback.cut(now)
        for spoken in cut:
            spoken.timing = {**(spoken.timing or {}), "buffered_ms": buffered, "cut_ms": spoken.cut_at_ms or 0}
            if not spoken.fixed:
                self._bridge.ask_model({"type": "conversation.item.truncate", "item_id": spoken.item,
                                        "content_index": 0, "audio_end_ms": spoken.cut_at_ms})  # fmt: skip
            self._minutes.we_said(spoken, self._bridge.heard_ms)
        if was_heard:
            self._bridge.clear_phone()
        self._miss(cut)
        self._wanted.clear()
        if self._active:
            self._bridge.dropped.add(self._active.encode())
            self._bridge.ask_model({"type": "response.cancel", "response_id": self._active})
        elif self._active is not None:
            self._unwanted = True
        return cut

    def take_back(self) -> None:
        """Silence the model alone: what they have not heard of our fixed lines yet is said on from where it was."""
        waiting = [one for one in self._wanted if isinstance(one, _Line)]
        for spoken in self.stop():
            if spoken.fixed:
                self._say_on(spoken)
        self._wanted.extend(waiting)
        self._unheard.clear()

    def owed(self) -> tuple[Cue, ...]:
        """The notices they have not heard, from their beginnings, each once more and no oftener."""
        owed = [key for key in self._unheard if key not in self._said_again]
        self._unheard.clear()
        self._said_again.update(owed)
        return tuple(map(Cue, owed))

    # -- what the model reports

    def they_stopped(self, stopped_ms: int) -> None:
        """The far end finished a turn, silent since `stopped_ms` of the stream: from here our answer's delay counts."""
        self._stopped_at, self._timing = time.monotonic(), {"stopped_ms": self._line.since_ms + stopped_ms}

    def sound_sent(self, spoken: Spoken, came_at: float) -> None:
        """The model's voice is on its way, the first of it since `came_at` on the monotonic clock."""
        self._patience.model_came()
        if self._stopped_at is not None:
            self._timing["delta_ms"] = int((came_at - self._stopped_at) * 1000)
        self._first_sound(spoken)

    def response_created(self, event: dict[str, Any]) -> None:
        """The model begins."""
        self._active = event["response"]["id"]
        self._timing_note("created_ms")
        if self._unwanted and self._active:
            self._unwanted = False
            self._bridge.dropped.add(self._active.encode())
            self._bridge.ask_model({"type": "response.cancel", "response_id": self._active})

    def words(self, item: str, transcript: str) -> Spoken | None:
        """What the model's sound says; returned when it has been heard to its end already."""
        spoken = self._bridge.playback.items.get(item)
        if spoken is None:
            return None
        spoken.words, spoken.line = transcript, self._key_of(transcript)
        self.last_words = transcript or self.last_words
        if not spoken.is_over:
            return None
        self._minutes.we_said(spoken, self._bridge.heard_ms)
        return spoken

    def response_done(self, response: dict[str, Any]) -> list[dict[str, Any]]:
        """The model has finished; returns what it made, nothing when that is not to be used."""
        self._active, self._unwanted = None, False
        self._patience.model_came()
        dropped = str(response.get("id")).encode()
        unwanted = dropped in self._bridge.dropped
        self._bridge.dropped.discard(dropped)
        if response.get("status") == "failed" and not unwanted:
            self._failures += 1
            log.warning("response_failed", attempt=str(self._line.attempt_id), failures=self._failures)
            if self._failures >= MOST_FAILED_RESPONSES:
                self._model_gone()
            elif not self._wanted:
                self._patience.for_model(1.0, self.ask)  # once more, without the order
            return []
        if response.get("status") != "completed":
            return []
        self._failures = 0
        return [] if unwanted else list(response.get("output") or [])

    def go_on(self) -> None:
        """Say what is wanted next, unless the model is at a response."""
        while self._wanted and self._active is None:
            wanted = self._wanted.popleft()
            if isinstance(wanted, _Order):
                self._last_line = None
                self._respond({"instructions": wanted.text} if wanted.text else None)
            elif (sound := voice.sound(wanted.text, self._line.language, self.speed)) is None:
                self._last_line = wanted
                self._respond({"instructions": f'Say exactly: "{wanted.text}"', "tool_choice": "none"})
            else:
                self._last_line = wanted
                self._play(wanted, sound)

    def answer_tool(self, call_id: Any, output: str) -> None:
        """Give the model a tool's answer."""
        self._bridge.ask_model({"type": "conversation.item.create",
                                "item": {"type": "function_call_output", "call_id": call_id, "output": output}})  # fmt: skip

    def busy_already(self) -> None:
        """The model says that it is at a response we did not know of."""
        self._active = self._active or ""
        self._wanted.appendleft(_Order(""))

    def change_pace(self, speed: float) -> None:
        """Speak at another speed from the next response on."""
        self.speed = speed
        self._bridge.ask_model({"type": "session.update",
                                "session": {"type": "realtime", "audio": {"output": {"speed": speed}}}})  # fmt: skip

    def played(self, mark: str) -> list[Spoken]:
        """The carrier played what stood before this mark. Returns what has now been heard to its end."""
        done = self._bridge.playback.heard(mark, time.monotonic())
        for spoken in done:
            self._minutes.we_said(spoken, self._bridge.heard_ms)
        return done

    def _miss(self, cut: list[Spoken]) -> None:
        """Remember the notices among what is stopped: cut, being made, or still to be said."""
        stopped = [spoken.line for spoken in cut]
        if self._active is not None and self._last_line is not None:
            stopped.append(self._last_line.key)
        stopped += [one.key for one in self._wanted if isinstance(one, _Line)]
        self._unheard += [key for key in dict.fromkeys(stopped) if key in NOTICES and key not in self._unheard]

    def _say_on(self, spoken: Spoken) -> None:
        line, sound = self._played[spoken.item]
        heard_ms = spoken.cut_at_ms or 0
        rest = sound[heard_ms // FRAME_MS * FRAME_MS * BYTES_PER_MS :]
        if rest:
            self._play(replace(line, text=line.text[round(len(line.text) * heard_ms / spoken.sent_ms) :]), rest)

    def _play(self, line: "_Line", sound: bytes) -> None:
        self._lines_said += 1
        item = f"line:{self._lines_said}:{line.key}"
        self._played[item] = line, sound
        for start in range(0, len(sound), PIECE):
            self._bridge.play_line(item, sound[start : start + PIECE])
        spoken = self._bridge.playback.items[item]
        spoken.words, spoken.line, spoken.fixed, self.last_words = line.text, line.key, True, line.text
        self._first_sound(spoken)
        self._bridge.ask_model({
            "type": "conversation.item.create",
            "item": {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": line.text}]},
        })  # fmt: skip

    def _key_of(self, words: str) -> str:
        """The fixed line the model was told to say, if these are its words."""
        line = self._last_line
        return line.key if line is not None and line.text == words.strip() else ""

    def _respond(self, response: dict[str, Any] | None) -> None:
        self._active = ""
        event: dict[str, Any] = {"type": "response.create"}
        if response is not None:
            event["response"] = response
        self._bridge.ask_model(event)
        self._patience.for_model(FILLER_AFTER_SECONDS, self._fill_the_wait)

    def _fill_the_wait(self) -> None:
        """C-18: they are told that we listen; then the model is given up."""
        self._patience.for_model(GIVEN_UP_AFTER_SECONDS - FILLER_AFTER_SECONDS, self._model_gone)
        filler = _Line(Cue("filler", self._fillers), script.line("filler", self._line.language, turn=self._fillers))
        sound = voice.sound(filler.text, self._line.language, self.speed)
        if sound is not None and self._bridge.playback.idle:
            self._fillers += 1
            self._play(filler, sound)

    def _first_sound(self, spoken: Spoken) -> None:
        """The first sound after a turn of theirs: how long they had heard nothing, their own pause included."""
        if self._stopped_at is None:
            return
        waited = int((time.monotonic() - self._stopped_at) * 1000)
        self._timing |= {"sent_ms": waited, "total_ms": waited + self._line.patience_ms}
        spoken.answers_since, spoken.timing = self._stopped_at, self._timing
        self._stopped_at = None

    def _timing_note(self, step: str) -> None:
        if self._stopped_at is not None:
            self._timing[step] = int((time.monotonic() - self._stopped_at) * 1000)
