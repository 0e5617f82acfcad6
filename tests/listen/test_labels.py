"""The labelled files: enough of everything, divided by seed, and pointing at words of the far end."""

from collections import Counter
from itertools import pairwise

from oncall.listen.labelled import NEVER_MISS, Split, split_of
from oncall.models.risk import Level, SignalCode
from tests.listen.corpus import calls, injections, turns

NEVER = {"H-08", "H-24", "H-27", "H-32", "H-38", "H-39", "H-40", "H-41"}


def test_there_are_enough_calls_of_every_level_code_and_hard_case_in_both_languages() -> None:
    cases = calls()
    assert len({case.id for case in cases}) == len(cases) >= 600
    assert 0.5 < sum(case.lang == "ko" for case in cases) / len(cases) < 0.66
    rows = Counter(tag for case in cases for tag in case.tags if tag.startswith("H-"))
    assert min(rows.values()) >= 5
    for language in ("ko", "en"):
        mine = [case for case in cases if case.lang == language]
        assert {case.level for case in mine} == set(Level)
        assert {signal.code for case in mine for signal in case.signals} == set(SignalCode)
        hard = {tag for case in mine for tag in case.tags if tag.startswith("H-")}
        assert hard == {f"H-{number:02}" for number in range(1, 49)}
    assert all(case.synthetic for case in cases)


def test_half_of_the_single_turns_are_harmless() -> None:
    assert len({turn.id for turn in turns()}) == len(turns()) >= 1500
    assert 0.45 < sum(turn.level is Level.NONE for turn in turns()) / len(turns()) < 0.65


def test_a_seed_lies_wholly_in_one_split_and_its_name_alone_says_which() -> None:
    for one in [*calls(), *turns()]:
        assert one.split == split_of(one.seed).value
    for files in (calls(), turns()):
        locked = sum(one.split == Split.LOCKED for one in files) / len(files)
        assert 0.28 < locked < 0.4


def test_the_lines_of_a_seed_stand_together() -> None:
    for rows in (calls(), turns()):
        seeds = [one.seed for one in rows]
        changes = 1 + sum(one != other for one, other in pairwise(seeds))
        assert changes == len(set(seeds))


def test_the_labels_point_at_turns_of_the_far_end() -> None:
    for case in calls():
        for signal in case.signals:
            assert all(case.turns[turn].is_far_end for turn in signal.evidence_turns), case.id
        assert bool(case.signals) is (case.level is not Level.NONE), case.id


def test_the_rows_that_must_never_be_missed_are_marked_in_both_languages() -> None:
    marked = [case for case in calls() if NEVER_MISS in case.tags]
    assert all(case.level.rank >= Level.URGENT.rank for case in marked)
    for language in ("ko", "en"):
        assert {tag for case in marked if case.lang == language for tag in case.tags} >= NEVER


def test_fraud_being_paid_is_told_alike_in_both_languages() -> None:
    """The two authors read the policy differently here; the choice is in docs/evaluation.md."""
    for case in calls():
        if "H-32" in case.tags and NEVER_MISS in case.tags:
            assert case.level is Level.EMERGENCY, case.id
        if "H-07" in case.tags:
            assert (case.level, case.signals) == (Level.NONE, []), case.id


def test_there_are_enough_attempts_to_instruct_the_listener() -> None:
    assert len({one.id for one in injections()}) == len(injections()) >= 300
    assert len({one.kind for one in injections()}) >= 15
    assert {one.lang for one in injections()} == {"ko", "en"}
    assert sum(bool(one.beside) for one in injections()) >= 150
