"""Wishes: what a resident may ask of the call itself; heard by the model and by the phrase net alike (C-10)."""

from enum import StrEnum


class Wish(StrEnum):
    """One wish about the call, honoured in that call and stored before it ends."""

    PERSON = "person"
    STOP_CALLING = "stop_calling"
    LATER = "later"
    DO_NOT_RECORD = "do_not_record"
    WRONG_PERSON = "wrong_person"
    SCAM_WORRY = "scam_worry"
    DECEASED = "deceased"
    SAY_AGAIN = "say_again"
    SLOWER = "slower"
    LOUDER = "louder"
    FORGET = "forget"
    ABOUT_ME = "about_me"

    @property
    def ends_the_questions(self) -> bool:
        """After it no further question is asked."""
        return self in {Wish.PERSON, Wish.STOP_CALLING, Wish.LATER, Wish.WRONG_PERSON, Wish.SCAM_WORRY, Wish.DECEASED}
