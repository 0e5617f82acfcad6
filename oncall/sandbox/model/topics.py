"""What the questions of a check-in are about: the words that belong to a topic and the worries an answer may hold."""

from __future__ import annotations

import functools
import re

_TOPICS: dict[str, tuple[str, frozenset[str]]] = {
    "meal": (r"식사|밥|끼니|드시|드셨|먹|반찬|eat|ate|meal|breakfast|lunch|dinner|food", frozenset({"nutrition"})),
    "nutrition": (r"식사|밥|끼니|먹|eat|meal|food", frozenset({"nutrition"})),
    "medic": (r"약|주사|medic|pill|tablet|insulin", frozenset({"medication"})),
    "sleep": (r"주무|잠|자[요네다]|sleep|slept|bed", frozenset({"sleep"})),
    "health": (
        r"몸|건강|아프|아픈|아파|편찮|불편|health|feel|pain|body|hurt",
        frozenset({"health_acute", "pain_chronic", "breathing", "chest_pain", "stroke_signs", "fall"}),
    ),
    "mood": (
        r"기분|마음|우울|외로|mood|spirits|sad|down|feel",
        frozenset({"mood_low", "suicidal_ideation", "isolation", "bereavement"}),
    ),
    "contact": (
        r"연락|찾아|만나|만났|가족|이웃|자녀|전화|contact|visit|see anyone|talk|family|friend|neighbo|anybody|anyone",
        frozenset({"isolation"}),
    ),
    "heat": (r"난방|보일러|춥|추|따뜻|방은|덥|heat|warm|cold|boiler", frozenset({"heat_cold", "utilities_arrears"})),
    "cool": (r"덥|더위|에어컨|cool|hot", frozenset({"heat_cold"})),
    "fall": (r"넘어|fall|fell", frozenset({"fall"})),
}


def is_about(text: str, fact: str) -> bool:
    """True when the text has words of the fact's topic; of a fact it does not know, when its very code is in it."""
    known = _topic(fact)
    pattern = known[0] if known is not None else re.escape(fact)
    return re.search(pattern, text, re.IGNORECASE) is not None


def answers(worries: set[str], text: str, fact: str) -> bool:
    """False when the worries in an answer show that they spoke of something else than they were asked."""
    known = _topic(fact)
    return known is None or not worries or bool(worries & known[1]) or is_about(text, fact)


@functools.cache
def _topic(fact: str) -> tuple[str, frozenset[str]] | None:
    return next((topic for key, topic in _TOPICS.items() if key in fact), None)
