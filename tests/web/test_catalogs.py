"""Both languages are whole: every sentence of code and templates has its Korean, and no template is broken."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import oncall
from oncall.listen.judgement import _WHO as WHO
from oncall.listen.judgement import NO_QUESTION_ANSWERED, NOTHING_SAID
from oncall.models.assessment import NO_CONSENT, NOT_ASSESSED, reason_of
from oncall.web.i18n import LANGUAGES, translations
from oncall.web.labels import LABELS, label
from oncall.web.render import TEMPLATES, environment

ROOT = Path(oncall.__file__).parent
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


def sentences() -> Iterator[tuple[str, str]]:
    """(file, English sentence) of everything marked for translation."""
    for file, _, found, _, _ in extract_from_dir(
        ROOT, method_map=[("web/templates/**.html", "jinja2"), ("**.py", "python")],
        options_map={"web/templates/**.html": {"newstyle_gettext": "true"}},
        keywords={"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)},
        directory_filter=lambda folder: "__pycache__" not in folder,
    ):  # fmt: skip
        yield file, found if isinstance(found, str) else found[0]


def test_every_sentence_has_its_korean() -> None:
    korean = translations("ko")
    missing = sorted(
        {(file, text) for file, text in sentences() if korean.gettext(text) == text
         and korean.ngettext(text, "", 2) in ("", text) and text != "AI"}
    )  # fmt: skip
    assert missing == []


def test_a_translation_fills_the_same_places() -> None:
    for file in (ROOT / "web" / "locale" / "ko").glob("*.po"):
        with file.open("rb") as opened:
            for message in read_po(opened, locale="ko"):
                english = message.id if isinstance(message.id, str) else message.id[1]
                korean = message.string if isinstance(message.string, str) else message.string[0]
                if english:
                    assert sorted(PLACES.findall(korean)) == sorted(PLACES.findall(english)), (file.name, english)


def test_one_english_sentence_has_one_korean_in_all_catalogs() -> None:
    seen: dict[object, tuple[str, object]] = {}
    for file in sorted((ROOT / "web" / "locale" / "ko").glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale="ko"):
                if message.id:
                    before = seen.setdefault(message.id, (file.name, message.string))
                    assert before[1] == message.string, (file.name, before[0], message.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_compiles_and_every_page_has_a_title(language: str) -> None:
    for file in TEMPLATES.rglob("*.html"):
        name = file.relative_to(TEMPLATES).as_posix()
        environment(language).get_template(name)
        text = file.read_text(encoding="utf-8")
        if "{% extends" in text:
            assert "{% block title %}" in text, name
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?! type=\"module\" src=)", text), name


def test_every_member_of_a_labelled_list_has_its_word() -> None:
    for kind, words in LABELS.items():
        assert set(words) == set(kind), kind


@pytest.mark.parametrize("code", [NOTHING_SAID, NO_QUESTION_ANSWERED, NOT_ASSESSED, NO_CONSENT, *WHO.values()])
def test_why_a_call_tells_nothing_of_them_is_said_in_words(code: str) -> None:
    assert label("ko", code) != code
    assert label("en", code) != code


def test_what_the_models_server_answered_is_no_reason_anybody_reads() -> None:
    """ "refused" would read as if the resident had."""
    assert [reason_of(code) for code in ("refused", "timeout", "http_503")] == [NOT_ASSESSED] * 3
    assert [reason_of(code) for code in ("", NO_CONSENT)] == ["", NO_CONSENT]
