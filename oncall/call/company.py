"""Keeping somebody in danger company: about once a second the protocol is asked what is due, and what they answered is told."""

import time
from collections.abc import Callable

from oncall.call.course import Course
from oncall.call.far_end import FarEnd
from oncall.call.minutes import Minutes
from oncall.call.near_end import NearEnd
from oncall.call.patience import Patience
from oncall.call.reply import Reply


class Company:
    """The emergency's clock in one call; `do` is what the talk does with a reply."""

    def __init__(self, course: Course, ends: tuple[FarEnd, NearEnd], minutes: Minutes, patience: Patience,
                 do: Callable[[Reply], None]) -> None:  # fmt: skip
        self._course, self._minutes, self._patience, self._do = course, minutes, patience, do
        self._far_end, self._near_end = ends
        self._began_at: float | None = None
        self._spoke_at = time.monotonic()
        self._told: dict[str, str] = {}

    @property
    def is_new(self) -> bool:
        """Nothing has been answered yet."""
        return not self._told

    def somebody_spoke(self) -> None:
        """Either side was heard just now."""
        self._spoke_at = time.monotonic()

    def keep(self) -> None:
        """Go on keeping company; new answers are written down."""
        if self._began_at is None:
            self._began_at = time.monotonic()
        answers = dict(self._course.emergency.answers)
        if answers != self._told:
            self._told = answers
            self._minutes.emergency_answers(answers, self._course.emergency.level)
        self._patience.for_resident(1.0, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        quiet = self._near_end.is_quiet and not self._far_end.is_speaking
        silent = now - self._spoke_at if quiet else 0.0
        self._do(Reply(self._course.emergency.waited(silent, now - (self._began_at or now))))
