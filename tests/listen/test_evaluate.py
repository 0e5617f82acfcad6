"""Scoring: misses apart from false alarms, and bounds instead of "0 errors"."""

import pytest

from oncall.listen import scorecard
from oncall.listen.evaluate import Labelled, Scores, Share, of_split
from oncall.listen.evidence import Span
from oncall.listen.judgement import Found, Judgement
from oncall.listen.labelled import Split, Utterance
from oncall.listen.share import draws
from oncall.models.risk import AnsweredBy, Detector, Level, SignalCode, Subject, Tense


@pytest.mark.parametrize(("hits", "of", "low", "high"), [
    (0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (5, 10, 0.1871, 0.8129), (299, 300, 0.9816, 0.9999), (59, 59, 0.9394, 1.0),
])  # fmt: skip
def test_the_interval_is_the_exact_one(hits: int, of: int, low: float, high: float) -> None:
    """Against published Clopper-Pearson values."""
    assert Share(hits, of).low == pytest.approx(low, abs=2e-4)
    assert Share(hits, of).high == pytest.approx(high, abs=2e-4)


def test_a_share_of_nothing_has_no_value() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).as_json() == {
        "hits": 0, "of": 0, "seeds": 0, "value": None, "low": None, "high": None, "interval": "exact",
    }  # fmt: skip


def labelled(name: str, level: str, code: str | None = None, **changed: object) -> Labelled:
    signals = [{"code": code, "evidence_turns": [1]}] if code else []
    return Labelled.model_validate({
        "id": name, "lang": "ko", "level": level, "signals": signals, "turns": [{"speaker": "resident", "text": "네"}],
    } | changed)  # fmt: skip


def judged(level: str, code: str | None = None, turn: int = 1, **changed: object) -> Judgement:
    found = Found(SignalCode(code), Level(level), Subject.RESIDENT, Tense.NOW, 1.0, Detector.NET,
                  (Span(turn, 0, 1, "네"),)) if code else None  # fmt: skip
    return Judgement(level=Level(level), signals=(found,) if found else (), **changed)  # type: ignore[arg-type]  # passed through as given


def scored() -> Scores:
    scores = Scores()
    scores.add(labelled("missed", "urgent", "fall", tags=["must_never_miss"]), judged("concern", "fall", turn=0))
    scores.add(labelled("heard", "emergency", "fall"), judged("emergency", "fall"))
    scores.add(labelled("vain", "none"), judged("urgent", "scam"))
    scores.add(labelled("fine", "none", lang="en"), judged("none"))
    scores.add(labelled("other", "none", answered_by="other"), judged("none", answered_by=AnsweredBy.RESIDENT))
    return scores


def test_misses_and_false_alarms_are_counted_apart() -> None:
    scores = scored()
    sensitivity, false = scores.at_least(Level.URGENT)
    assert (sensitivity.hits, sensitivity.of) == (1, 2)
    assert (false.hits, false.of) == (1, 3)
    assert (scores.missed(), scores.raised_in_vain(), scores.never_missed()) == (["missed"], ["vain"], ["missed"])
    assert scores.unknown_as_fine() == ["other"]


def test_codes_evidence_and_slices_have_their_own_figures() -> None:
    scores = scored()
    assert [(share.hits, share.of) for share in scores.of_code(SignalCode.FALL)] == [(2, 2), (2, 2)]
    assert [(share.hits, share.of) for share in scores.of_code(SignalCode.SCAM)] == [(0, 0), (0, 1)]
    assert (scores.evidence().hits, scores.evidence().of) == (1, 2)
    assert scores.slices() == ["en", "ko", "must_never_miss"]
    assert scores.at_least(Level.URGENT, "en")[1].of == 1
    figures = scorecard.as_json(scores)
    assert figures["levels"]["urgent"]["sensitivity"]["hits"] == 1
    assert figures["slices"]["en"]["urgent"]["false_alarms"]["hits"] == 0
    assert "missed" in scorecard.as_text(scores)


def test_paraphrases_of_one_idea_are_less_certain_than_as_many_ideas() -> None:
    alone = Share.of_marks((f"idea {number}", number % 2 == 0) for number in range(60))
    family = Share.of_marks((f"idea {number % 12}", number % 12 % 2 == 0) for number in range(60))
    assert (alone.hits, alone.of, alone.seeds) == (family.hits, family.of, 60) == (30, 60, 60)
    assert (family.seeds, family.method, alone.method) == (12, "bootstrap by seed", "exact")
    assert family.high - family.low > 1.5 * (alone.high - alone.low)


def test_the_interval_by_seed_covers_the_truth_as_often_as_it_says() -> None:
    """200 samples of 30 families of 1 to 5 alike items; the truth is 0.5."""
    from random import Random

    dice, covered = Random(7), 0
    for sample in range(200):
        marks = []
        for family in range(30):
            hit = dice.random() < 0.5
            marks += [(f"{sample}/{family}", hit)] * dice.randint(1, 5)
        share = Share.of_marks(marks)
        covered += share.low <= 0.5 <= share.high
    assert 0.88 <= covered / 200 <= 0.99


def test_no_miss_among_few_ideas_is_no_certainty() -> None:
    share = Share.of_marks((f"idea {number % 3}", True) for number in range(30))
    assert (share.hits, share.of, share.seeds, share.high) == (30, 30, 3, 1.0)
    assert share.low == Share(3, 3).low < 0.3


def test_the_same_file_gives_the_same_figures_in_any_order() -> None:
    marks = [(f"idea {number % 15}", number % 4 == 0) for number in range(60)]
    one, other = Share.of_marks(marks), Share.of_marks(reversed(marks))
    assert (one.low, one.high) == (other.low, other.high)
    assert draws("ko-H-01")[:12] == draws("ko-H-01")[:12] != draws("ko-H-02")[:12]


def test_agreement_is_one_for_the_same_levels_and_none_by_chance() -> None:
    same, chance = Scores(), Scores()
    for number, level in enumerate(("none", "watch", "concern", "urgent", "emergency") * 4):
        same.add(labelled(f"{number}", level), judged(level))
        chance.add(labelled(f"{number}", level), judged(["none", "emergency"][number // 5 % 2]))
    assert same.agreement()[0] == 1
    assert chance.agreement()[0] == pytest.approx(0, abs=1e-9)


def test_agreement_is_weighted_by_how_far_apart_the_levels_are() -> None:
    """By hand: 4 calls, labels none none emergency emergency, found none watch emergency concern: 1 - (3/4) / 2 = 0.625."""
    scores = Scores()
    for number, (label, found) in enumerate((("none", "none"), ("none", "watch"), ("emergency", "emergency"),
                                              ("emergency", "concern"))):  # fmt: skip
        scores.add(labelled(f"{number}", label), judged(found))
    assert scores.agreement()[0] == pytest.approx(1 - (3 / 4) / ((0 + 4 + 1 + 3 + 2 + 2 + 4 + 0) / 8))


def test_false_alarms_are_counted_on_ordinary_calls_alone() -> None:
    scores = scored()
    assert (scores.in_vain(Level.URGENT).hits, scores.in_vain(Level.URGENT).of) == (1, 3)
    scores.add(labelled("concerned", "concern"), judged("urgent"))
    assert (scores.in_vain(Level.URGENT).hits, scores.in_vain(Level.URGENT).of) == (1, 3)


def test_f1_counts_right_ones_twice() -> None:
    assert (scored().f1().hits, scored().f1().of) == (4, 5)
    assert scored().f1(SignalCode.SCAM).value == 0


def test_a_quote_that_does_not_stand_there_is_counted_as_a_fault() -> None:
    scores = Scores()
    scores.add(labelled("grounded", "urgent", "fall"), judged("urgent", "fall", turn=0))
    assert (scores.grounded().hits, scores.grounded().of) == (1, 1)
    wrong = judged("urgent", "fall", turn=0)
    made_up = Found(
        SignalCode.FALL, Level.URGENT, Subject.RESIDENT, Tense.NOW, 1.0, Detector.MODEL, (Span(0, 0, 1, "넘"),)
    )
    scores.add(labelled("made up", "urgent", "fall"), Judgement(level=wrong.level, signals=(made_up,)))
    assert (scores.grounded().hits, scores.grounded().of) == (1, 2)


def test_words_of_the_locked_third_and_of_real_calls_are_never_shown() -> None:
    scores = Scores()
    for name, changed in (("open", {"synthetic": True, "split": "open"}), ("locked", {"synthetic": True, "split": "locked"}),
                          ("real", {"synthetic": False})):  # fmt: skip
        scores.add(labelled(name, "urgent", **changed), judged("none"))
    shown = scorecard.mistakes(scores)
    assert shown.count("네") == 1
    assert [said for _, _, said in scores.words_of(scores.missed())] == [["네"], [], []]


def test_synthetic_stands_beside_every_figure_of_written_calls() -> None:
    scores = Scores()
    for case, found in scored().pairs:
        scores.add(case.model_copy(update={"synthetic": True}), found)
    for line in scorecard.as_text(scores).splitlines():
        if "sensitivity" in line or line.startswith(
            ("agreement", "code", "slice", "of ordinary", "answered", "quotes")
        ):
            assert "synthetic" in line, line
    assert "(synthetic)" not in scorecard.as_text(scored())


def test_a_single_turn_is_a_call_of_one_answer() -> None:
    turn = Utterance.model_validate({"id": "u", "lang": "en", "text": "on the floor", "question": "How are you?",
                                     "level": "emergency", "codes": ["fall"], "wish": "person"})  # fmt: skip
    call = turn.as_call()
    assert [line.is_far_end for line in call.turns] == [False, True]
    assert (call.signals[0].evidence_turns, call.wants_human, call.opt_out, call.later) == ([1], True, False, False)


def test_a_part_of_the_file_holds_only_its_own() -> None:
    cases = [labelled("a", "none", split="open"), labelled("b", "none", split="locked"), labelled("c", "none")]
    assert [case.id for case in of_split(cases, Split.LOCKED)] == ["b"]
    assert [case.id for case in of_split(cases, Split.ALL)] == ["a", "b", "c"]
