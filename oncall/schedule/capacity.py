"""Capacity: how long a round of calls takes on the lines there are, and whether the windows of a day hold it."""

from dataclasses import dataclass
from math import ceil

CALL_SECONDS = 150  # ring, talk and settling of one call, until figures of this city say otherwise


@dataclass(frozen=True)
class Capacity:
    """Calls to make against the hours there are to make them in."""

    calls: int
    open_minutes: int  # of the windows on their shortest day
    lines: int
    cps: float

    @property
    def calls_an_hour(self) -> int:
        """How many calls the lines and the pace of starts carry in an hour."""
        return max(1, int(min(self.lines * 3600 / CALL_SECONDS, self.cps * 3600)))

    @property
    def minutes(self) -> int:
        """How long one try to everybody takes."""
        return ceil(self.calls * 60 / self.calls_an_hour)

    @property
    def fits(self) -> bool:
        """Whether everybody can be tried once within the windows of one day."""
        return self.minutes <= self.open_minutes

    def say(self, language: str) -> str:
        """The same as one sentence."""
        if language == "ko":
            end = "하루 안에 모두 걸 수 있습니다." if self.fits else "하루 안에 다 걸지 못해 다음 날로 이어집니다."
            return (
                f"{self.calls}명에게 한 번씩 거는 데 약 {self.minutes}분 걸립니다(회선 {self.lines}개, 시간당 {self.calls_an_hour}통). "
                f"통화 시간은 하루 {self.open_minutes}분입니다. {end}"
            )
        end = (
            "Everybody can be tried on one day." if self.fits else "That is more than a day holds; it goes on the next."
        )
        return (
            f"One try to each of {self.calls} takes about {self.minutes} minutes ({self.lines} lines, "
            f"{self.calls_an_hour} calls an hour); the windows are open {self.open_minutes} minutes a day. {end}"
        )
