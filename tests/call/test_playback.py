"""What was heard, what was not, and whose mark counts."""

from hypothesis import given
from hypothesis import strategies as st

from oncall.call.playback import Playback


def test_a_mark_that_comes_back_means_its_sound_was_heard() -> None:
    playback = Playback()
    first, second = playback.sent("item", 1600, now=0.0), playback.sent("item", 800, now=0.0)
    assert playback.buffered_ms == 300
    assert playback.heard(first, now=0.2) == []
    done = playback.heard(second, now=0.3)
    assert [(spoken.item, spoken.heard_ms) for spoken in done] == [("item", 300)]
    assert playback.idle


def test_a_barge_in_cuts_at_what_was_played_not_at_what_was_sent() -> None:
    playback = Playback()
    marks = [playback.sent("item", 1600, now=0.0) for _ in range(10)]  # two seconds sent at once
    playback.heard(marks[0], now=0.2)
    playback.heard(marks[1], now=0.4)
    (cut,) = playback.cut(now=0.45)
    assert 400 <= cut.cut_at_ms <= 450 + 1
    assert cut.sent_ms == 2000


def test_marks_returned_by_clear_do_not_count_as_heard() -> None:
    playback = Playback()
    stale = playback.sent("one", 8000, now=0.0)
    playback.cut(now=0.1)
    fresh = playback.sent("two", 1600, now=0.2)
    assert playback.heard(stale, now=0.25) == []
    assert not playback.idle, "the new words are still waiting to be played"
    assert [spoken.item for spoken in playback.heard(fresh, now=0.4)] == ["two"]


def test_an_item_that_never_began_is_cut_at_nothing() -> None:
    playback = Playback()
    playback.sent("one", 8000, now=0.0)
    playback.sent("two", 8000, now=0.0)
    cut = {spoken.item: spoken.cut_at_ms for spoken in playback.cut(now=0.1)}
    assert cut["two"] == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(8, 4000)), min_size=1, max_size=30), st.floats(0, 20),
       st.integers(0, 30))  # fmt: skip
def test_nothing_is_ever_heard_that_was_not_sent(sounds: list[tuple[str, int]], later: float, returned: int) -> None:
    playback = Playback()
    marks = [playback.sent(item, size, now=0.0) for item, size in sounds]
    for mark in marks[:returned]:
        playback.heard(mark, now=later / 2)
    playback.cut(now=later)
    for spoken in playback.items.values():
        assert 0 <= spoken.heard_ms <= spoken.sent_ms + 1e-6
        assert spoken.cut_at_ms is None or spoken.cut_at_ms <= spoken.sent_ms
