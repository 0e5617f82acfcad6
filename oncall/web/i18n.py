"""Two languages: English sentences in code and templates, Korean in the catalogs, compiled in memory at first use."""

import gettext
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import HTTPConnection

LANGUAGES = ("ko", "en")
LANGUAGE_COOKIE = "oncall_language"
_CATALOGS = Path(__file__).parent / "locale"


def N_(sentence: str) -> str:
    """Marks a sentence that a template or `sentence()` translates later."""
    return sentence


@lru_cache
def translations(language: str) -> gettext.GNUTranslations:
    """Every catalog of one language merged; each stage keeps a file of its own under `locale/<language>/`."""
    merged = Catalog(locale=language)
    for file in sorted((_CATALOGS / language).glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=language):
                if message.id and message.string and not message.fuzzy:
                    merged.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def sentence(language: str, text: str) -> str:
    """`text` in the reader's language; itself where no translation is known."""
    return translations(language).gettext(text) if text else ""


def asked_language(connection: HTTPConnection) -> str:
    """The language of somebody we do not know yet: what they chose before, else Korean unless the browser asks for English."""
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    first = connection.headers.get("accept-language", "ko").split(",")[0].strip().lower()
    return "en" if first.startswith("en") else "ko"
