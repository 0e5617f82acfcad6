"""Finding people by what is typed: part of the name, or the first consonants of its syllables (`ㅎㄱㄷ` finds 홍길동)."""

_CONSONANTS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FIRST, _LAST = ord("가"), ord("힣")


def matches(asked: str, text: str) -> bool:
    """Whether `asked` stands in `text`, case and spaces aside; asked in consonants alone, among first consonants."""
    wanted, given = (" ".join(part.casefold().split()) for part in (asked, text))
    if wanted and all(letter in _CONSONANTS for letter in wanted):
        return wanted in initials(given)
    return wanted in given


def initials(text: str) -> str:
    """The first consonant of each Hangul syllable; other letters as they are."""
    return "".join(
        _CONSONANTS[(ord(letter) - _FIRST) // 588] if _FIRST <= ord(letter) <= _LAST else letter for letter in text
    )
