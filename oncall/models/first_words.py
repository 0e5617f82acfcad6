"""First words: what somebody who has just picked up makes of "is this you?", as far as their words tell."""

from enum import StrEnum


class FirstWords(StrEnum):
    """One reading of a first turn; whatever is not plain is TALKS: somebody who simply starts talking."""

    YES = "yes"
    NO = "no"
    WHO_ARE_YOU = "who_are_you"
    SAY_AGAIN = "say_again"
    OTHER = "other"  # a relative, a carer, a neighbour
    CHILD = "child"
    MACHINE = "machine"
    DECEASED = "deceased"
    TALKS = "talks"
    NOTHING = "nothing"
