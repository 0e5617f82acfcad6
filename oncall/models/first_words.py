"""First words: what somebody who has just picked up makes of "is this you?", as far as their words tell."""

from enum import StrEnum


class FirstWords(StrEnum):
    """One reading of a first turn."""

    YES = "yes"
    NO = "no"  # a wrong number, or somebody of another name
    WHO_ARE_YOU = "who_are_you"
    SAY_AGAIN = "say_again"
    OTHER = "other"  # a relative, a carer, a neighbour
    CHILD = "child"
    MACHINE = "machine"
    DECEASED = "deceased"
    TALKS = "talks"  # something of their own: trouble, a wish, a story
    NOTHING = "nothing"  # no words, a greeting only, or a scrap of a sentence
