"""Resident registration numbers: the one thing that is never kept, not even when it is read out to us (P-05, H-36)."""

import re

# Six digits of a birth date, seven more, joined in any of the ways people write or recognisers hear them.
_NUMBER = re.compile(r"(?<!\d)(\d{2}[01]\d[0-3]\d)(\s*(?:[-–]|다시)?\s*)([1-8](?:\s?\d){6})(?!\d)")


def covered(text: str) -> str:
    """The text with registration numbers covered, letter for letter as long."""
    return _NUMBER.sub(lambda found: re.sub(r"\d", "*", found[0]), text)
