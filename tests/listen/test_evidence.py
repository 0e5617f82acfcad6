"""Evidence: word for word, in the far end's own turn, to the letter."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.listen import evidence, spelling
from oncall.listen.transcript import Line
from oncall.models.turn import Speaker

TEXT = st.text(st.sampled_from("가나다못먹었어요 abc.,!?…’ \né"), max_size=60)
MARKS = "\"'“”‘’「」『』«»…. "


def lines(*said: tuple[str, str]) -> list[Line]:
    return [Line(speaker=Speaker(who), text=text) for who, text in said]


@given(before=TEXT, quote=TEXT.filter(lambda text: any(letter.isalnum() for letter in text)), after=TEXT)
def test_whatever_was_said_is_found_where_it_stands(before: str, quote: str, after: str) -> None:
    said = before + unicodedata.normalize("NFD", quote) + after
    found = evidence.find(quote, said)
    assert found is not None
    words = unicodedata.normalize("NFC", said[slice(*found)])
    assert words.split() == quote.strip(MARKS).split()


def test_decomposed_hangul_and_wide_spaces_still_point_at_the_exact_letters() -> None:
    said = "네,  " + unicodedata.normalize("NFD", "못 일어나겠어") + "\u3000정말"
    start, end = evidence.find("못 일어나겠어 정말", said) or (0, 0)
    assert unicodedata.normalize("NFC", said[start:end]) == "못 일어나겠어\u3000정말"


def test_a_quote_with_marks_around_it_is_the_words_inside() -> None:
    assert evidence.find("“가슴이 아파…”", "아까부터 가슴이 아파요") == (5, 11)


@pytest.mark.parametrize("quote", ["가슴이 아픕니다", "", "…", "가슴이  안 아파"])
def test_what_was_not_said_is_not_found(quote: str) -> None:
    assert evidence.find(quote, "아까부터 가슴이 아파요") is None


def test_our_own_question_is_no_evidence() -> None:
    call = lines(("agent", "가슴이 아프세요?"), ("resident", "아니요, 전혀요."))
    assert evidence.ground(0, "가슴이 아프세요", call) is None
    assert evidence.was_ours(0, "가슴이 아프세요", call)


def test_a_yes_to_our_question_is() -> None:
    call = lines(("agent", "가슴이 아프세요?"), ("resident", "네, 아까부터."))
    assert not evidence.was_ours(0, "가슴이 아프세요", call)
    assert evidence.said_yes(0, call)


def test_a_quote_with_the_wrong_number_is_taken_where_it_stands_alone() -> None:
    call = lines(("resident", "잘 지내요"), ("resident", "못 일어나겠어"))
    span = evidence.ground(0, "못 일어나겠어", call)
    assert span is not None
    assert (span.turn, span.start, span.end) == (1, 0, 7)
    assert evidence.ground(5, "못 일어나겠어", [*call, call[1]]) is None


@given(TEXT)
def test_every_letter_the_net_reads_knows_its_place(said: str) -> None:
    for spelled in (spelling.korean(said), spelling.english(said)):
        assert len(spelled.text) == len(spelled.starts) == len(spelled.ends)
        assert all(0 <= start <= end <= len(said) for start, end in zip(spelled.starts, spelled.ends, strict=True))
        assert spelled.starts == sorted(spelled.starts)
