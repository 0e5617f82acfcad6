"""The fixed lines a resident hears word for word, with or without a model, as caseworkers wrote them down."""

import tomllib
from functools import lru_cache
from string import Formatter

from oncall.models import Language
from oncall.models.contact import contacts_in
from oncall.settings import settings


def line(key: str, language: Language, *, turn: int = 0, **names: str) -> str:
    """One fixed line in the resident's language, with the city's name and numbers filled in.

    Of a line written in several ways, `turn` counts which one is due (C-41).
    """
    written = _lines(language)[key]
    text = written if isinstance(written, str) else written[turn % len(written)]
    return text.format(**_city(language), **names)


def nameless(language: Language) -> list[tuple[str, str]]:
    """Every line that is the same for everybody, with its key, in the file's order; each of several ways apart."""
    city = _city(language)
    written = [(key, text) for key, lines in _lines(language).items()
               for text in ([lines] if isinstance(lines, str) else lines)]  # fmt: skip
    return [(key, text.format(**city)) for key, text in written if _fields(text) <= city.keys()]


def _city(language: Language) -> dict[str, str]:
    """What the lines call the city, and its numbers."""
    config = settings()
    numbers = contacts_in(config.prompts).by_code
    return {
        "city": config.city if language is Language.KO else config.city_en, "phone": config.city_phone,
        "emergency": numbers["emergency"].said[language], "crisis": numbers["crisis"].said[language],
    }  # fmt: skip


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@lru_cache
def _lines(language: Language) -> dict[str, str | list[str]]:
    with (settings().prompts / f"lines.{language}.toml").open("rb") as file:
        return tomllib.load(file)
