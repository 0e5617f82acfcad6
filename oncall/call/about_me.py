"""What is told to somebody who asks what we know of them: what we hold of everybody, then the notes on them that may be told.

Told to nobody before they have said who they are. A note is told in its own words; one of health, money or the like is
not spoken of by any call (C-15), and that there is such a one is said instead.
"""

from oncall.call.emergency import Cue
from oncall.call.instructions import as_data
from oncall.call.line import Known
from oncall.models.sensitive import sensitive_in
from oncall.settings import settings

MOST_TOLD = 3


def cues(known: Known) -> tuple[Cue, ...]:
    """The lines to say, the notes among them: the newest, at most three."""
    sensitive = sensitive_in(settings().prompts)
    notes = [as_data(note) for note in known.interests if not sensitive.touched_by(note)]
    held = Cue("wish_about_me")
    if notes:
        return held, Cue("known_notes", notes=". ".join(note.rstrip(".") for note in notes[-MOST_TOLD:]))
    return held, Cue("known_elsewhere" if known.interests or known.complaints else "known_nothing")
