"""What is told to somebody who asks what we know of them: what we hold of everybody, then the notes on them that may be told.

Told to nobody before they have said who they are. A note is told in its own words; one of health, money or the like is
not spoken of by any call (C-15), and that there is such a one is said instead.
"""

from oncall.call.emergency import Cue
from oncall.call.instructions import as_data
from oncall.call.line import Known

MOST_TOLD = 3


def cues(known: Known) -> tuple[Cue, ...]:
    """The lines to say, the notes among them."""
    held = Cue("wish_about_me")
    if known.interests:
        return held, Cue("known_notes", notes=told(known))
    return held, Cue("known_elsewhere" if known.complaints else "known_nothing")


def told(known: Known) -> str:
    """The newest notes that may be told, at most three, as one text."""
    return ". ".join(as_data(note).rstrip(".") for note in known.interests[-MOST_TOLD:])
