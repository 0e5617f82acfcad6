"""The carrier's words and ours: the one table between them. An unknown word is recorded as such, never guessed."""

from oncall.models import AnsweredBy, AttemptState, Outcome

PROGRESS = {
    "queued": AttemptState.PLACED,
    "initiated": AttemptState.PLACED,
    "ringing": AttemptState.RINGING,
    "in-progress": AttemptState.ANSWERED,
    "answered": AttemptState.ANSWERED,
    "completed": AttemptState.ENDED,
    "busy": AttemptState.ENDED,
    "no-answer": AttemptState.ENDED,
    "failed": AttemptState.ENDED,
    "canceled": AttemptState.ENDED,
}

# `completed` is not here: whether anything was said is for `settle` to find.
UNANSWERED = {
    "busy": Outcome.BUSY,
    "no-answer": Outcome.NO_ANSWER,
    "failed": Outcome.FAILED,
    "canceled": Outcome.CANCELLED,
}

ANSWERED_BY = {
    "human": AnsweredBy.UNKNOWN,  # a person, but which one only the conversation tells
    "unknown": AnsweredBy.UNKNOWN,  # treated as a person (protocol note 14)
    "machine_start": AnsweredBy.MACHINE,
    "machine_end_beep": AnsweredBy.MACHINE,
    "machine_end_silence": AnsweredBy.MACHINE,
    "machine_end_other": AnsweredBy.MACHINE,
    "fax": AnsweredBy.MACHINE,
}
