"""What the model did with its functions in one response: answered, written down, and handed to the course."""

import json
from collections.abc import Callable
from typing import Any

from oncall.call.conversation import Conversation, Heard
from oncall.call.course import Course
from oncall.call.emergency import Cue
from oncall.call.minutes import Minutes
from oncall.call.near_end import NearEnd
from oncall.call.reply import Phase, Reply
from oncall.models import Level


class ToolUse:
    """One call's; `do` is what the talk does with a reply of the course."""

    def __init__(self, conversation: Conversation, course: Course, near_end: NearEnd, minutes: Minutes,
                 do: Callable[[Reply], None]) -> None:  # fmt: skip
        self._conversation, self._course, self._do = conversation, course, do
        self._near_end, self._minutes = near_end, minutes

    def use(self, output: list[dict[str, Any]], turn: str, since_ms: int) -> None:
        """The output of a response about this `turn` of theirs, which began at `since_ms`; the model is asked to speak
        once its functions are answered, unless a fixed line follows or the call ends."""
        spoke = any(item.get("type") == "message" for item in output)
        answers = False
        for item in output:
            if item.get("type") != "function_call":
                continue
            heard = self._conversation.use(str(item.get("name")), str(item.get("arguments") or ""))
            self._near_end.answer_tool(item.get("call_id"), json.dumps(heard.output, ensure_ascii=False))
            self._follow(heard, turn, since_ms, spoke=spoke)
            self._course.answered()
            answers = answers or not (heard.is_answered_by_line or heard.output.get("silent") or heard.ends)
        if answers and self._course.phase is Phase.QUESTIONS:
            self._near_end.ask()

    def _follow(self, heard: Heard, turn: str, since_ms: int, *, spoke: bool) -> None:
        if heard.request:
            self._minutes.requested(heard.request)
        if heard.alarm is not None:
            self._minutes.model_alarm(heard.alarm, Level.EMERGENCY, turn, since_ms)
            self._do(self._course.alarm(heard.alarm))
        elif heard.wish is not None and self._course.phase in {Phase.OPENING, Phase.QUESTIONS}:
            self._do(self._course.wish(heard.wish))
        elif heard.ends is not None:
            self._do(self._course.goodbye_said(heard.ends))
            if not spoke:
                self._near_end.say(Cue("closing"))
