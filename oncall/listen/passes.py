"""Reading a call twice: a second look of the model where anything is at stake, put together upward.

Two passes read the same policy in another order. What one of them heard counts; where they differ in level, or the
second could not be had, a person reads the call, and every pass is kept so that it can be counted how often they differ.
"""

from dataclasses import replace

from oncall.listen.judgement import Judgement, Pass, both_of
from oncall.models.risk import Detector, Level


def needs_second(net: Judgement, first: Judgement) -> bool:
    """Concern or more by either, or words addressed to the machine: then one reading is not enough."""
    return max(net.level.rank, first.level.rank) >= Level.CONCERN.rank or net.for_review


def upward(first: Judgement, second: Judgement) -> Judgement:
    """Both passes: the higher level and the graver of each signal; a difference in level is for a person to read."""
    together = both_of(first, second)
    differ = first.level is not second.level or first.answered_by is not second.answered_by
    return replace(together, for_review=together.for_review or differ, passes=(*first.passes, *second.passes))


def alone(first: Judgement, reason: str) -> Judgement:
    """The first pass, when the second failed for `reason`: its level stands, and a person reads the call."""
    return replace(first, for_review=True, passes=(*first.passes, Pass(Detector.MODEL, None, failed=reason)))
