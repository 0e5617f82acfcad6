"""Scoring: misses apart from false alarms, and bounds instead of "0 errors"."""

import pytest

from oncall.listen.evaluate import Labelled, Scores, Share
from oncall.listen.evidence import Span
from oncall.listen.judgement import Found, Judgement
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
    assert Share(0, 0).as_json() == {"hits": 0, "of": 0, "value": None, "low": None, "high": None}


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
    figures = scores.as_json()
    assert figures["levels"]["urgent"]["sensitivity"]["hits"] == 1
    assert figures["slices"]["en"]["urgent"]["false_alarms"]["hits"] == 0
    assert "missed" in scores.as_text()
