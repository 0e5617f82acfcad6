"""The figures of an evaluation as they are printed, the word synthetic beside all that comes from written calls."""

from typing import Any

from oncall.listen.labelled import Labelled, Split
from oncall.listen.scores import WISHES, Scores
from oncall.listen.share import Share
from oncall.models.risk import Level, SignalCode

_RAISED = [level for level in Level if level is not Level.NONE]
_SLICED = (Level.CONCERN, Level.URGENT, Level.EMERGENCY)


def as_json(scores: Scores) -> dict[str, Any]:
    """All figures of one way of judging, plain."""
    cases = [case for case, _ in scores.pairs]
    return {
        "calls": len(cases),
        "seeds": len({case.family for case in cases}),
        "synthetic": sum(case.synthetic for case in cases),
        "locked": sum(case.split == Split.LOCKED for case in cases),
        "levels": {
            level.value: {**_two(scores.at_least(level), "sensitivity", "false_alarms"),
                          "exact": scores.exact(level).as_json()}
            for level in _RAISED
        },
        "none_exact": scores.exact(Level.NONE).as_json(),
        "false_per_100_ordinary": {
            level.value: _per_100(scores.in_vain(level)) for level in (Level.URGENT, Level.EMERGENCY)
        },
        "kappa": _kappa(scores),
        "code_f1": scores.f1().as_json(),
        "codes": {
            code.value: _two(shares, "recall", "precision") | {"f1": scores.f1(code).as_json()}
            for code in SignalCode
            if (shares := scores.of_code(code))[0].of or shares[1].of
        },
        "flags": {name: _two(scores.of_flag(name), "recall", "precision") for name in WISHES},
        "answered_by": scores.answered_by().as_json(),
        "evidence": scores.evidence().as_json(),
        "grounded": scores.grounded().as_json(),
        "slices": {
            name: {level.value: _two(scores.at_least(level, name), "sensitivity", "false_alarms") for level in _SLICED}
            | {"ordinary": {level.value: _per_100(scores.in_vain(level, name))
                            for level in (Level.URGENT, Level.EMERGENCY)}}
            for name in scores.slices()
        },
        "unknown_as_fine": scores.unknown_as_fine(),
        "must_never_miss_missed": scores.never_missed(),
        "missed": scores.missed(),
        "emergencies_missed": scores.missed(Level.EMERGENCY),
        "raised_in_vain": scores.raised_in_vain(),
        "false_emergencies": scores.raised_in_vain(Level.EMERGENCY),
        "failed": scores.failed(),
    }  # fmt: skip


def in_short(scores: Scores) -> dict[str, Any]:
    """The handful of figures by which two ways of judging are compared, for all and by language."""
    languages = sorted({case.lang for case, _ in scores.pairs})
    return {"calls": len(scores.pairs), "kappa": _kappa(scores), "code_f1": scores.f1().as_json(),
            "grounded": scores.grounded().as_json(), "all": _main(scores, None)} | {
        language: _main(scores, language) for language in languages
    }  # fmt: skip


def as_text(scores: Scores, *, by: str = "", of_what: str = "calls") -> str:
    """The same for a terminal."""
    cases = [case for case, _ in scores.pairs]
    of = _kind(cases)
    seeds = len({case.family for case in cases})
    synthetic = sum(case.synthetic for case in cases)
    locked = sum(case.split == Split.LOCKED for case in cases)
    lines = [
        f"{len(cases)} labelled {of_what} of {seeds} seeds, {synthetic} of them synthetic, {locked} of the locked third"
        f"{', judged by ' + by if by else ''}; 95 % intervals in brackets", "",
        f"level or above   sensitivity{of}   |   false alarms{of}",
    ]  # fmt: skip
    for level in reversed(_RAISED):
        sensitivity, false = scores.at_least(level)
        lines.append(f"  {level.value:<14} {sensitivity!s:<46} {false}")
    lines += ["", f"of ordinary calls (none or watch) raised to{of}"]
    for level in (Level.EMERGENCY, Level.URGENT):
        lines.append(f"  {level.value:<14} {scores.in_vain(level)}")
    kappa, low, high = scores.agreement()
    lines += [
        "",
        f"agreement of levels{of}, weighted kappa: {'-' if kappa is None else f'{kappa:.3f}  [{low:.3f}, {high:.3f}]'}",
    ]
    lines += ["", f"code{of}             F1   |   recall   |   precision", f"  {'all (micro)':<18} {scores.f1()}"]
    for code in SignalCode:
        recall, precision = scores.of_code(code)
        if recall.of or precision.of:
            f1 = scores.f1(code).value
            lines.append(f"  {code.value:<18} {'-' if f1 is None else f'{f1:.2f}':<6} {recall!s:<46} {precision}")
    lines += ["", f"slice{of} (urgent or above)   sensitivity   |   false alarms on ordinary calls"]
    for name in scores.slices():
        sensitivity, _ = scores.at_least(Level.URGENT, name)
        lines.append(f"  {name:<20} {sensitivity!s:<46} {scores.in_vain(Level.URGENT, name)}")
    lines.append("")
    for name in WISHES:
        recall, precision = scores.of_flag(name)
        if recall.of or precision.of:
            lines.append(f"{name:<18}{of} recall {recall}   precision {precision}")
    lines += [f"answered by        {scores.answered_by()}{of}", f"evidence in place  {scores.evidence()}{of}",
              f"quotes grounded    {scores.grounded()}{of}"]  # fmt: skip
    for title, ids in (
        ("unknown shown as fine", scores.unknown_as_fine()),
        ("must never miss, missed", scores.never_missed()),
        ("emergencies, missed", scores.missed(Level.EMERGENCY)),
        ("urgent or worse, missed", scores.missed()),
        ("false emergencies", scores.raised_in_vain(Level.EMERGENCY)),
        ("raised in vain", scores.raised_in_vain()),
        ("could not be assessed", scores.failed()),
    ):
        lines.append(f"{title:<24} {len(ids)}{': ' + ', '.join(ids) if ids else ''}")
    return "\n".join(lines)


def side_by_side(named: dict[str, Scores]) -> str:
    """Net alone, model alone and both, a line each."""
    of = _kind([case for case, _ in next(iter(named.values())).pairs])
    rows = [f"side by side{of}   emergency sensitivity   |   urgent or above   |   false emergencies of ordinary calls"]
    for name, scores in named.items():
        rows.append(
            f"  {name:<6} {scores.at_least(Level.EMERGENCY)[0]!s:<46} {scores.at_least(Level.URGENT)[0]!s:<46} "
            f"{scores.in_vain(Level.EMERGENCY)}"
        )
    return "\n".join(rows)


def mistakes(scores: Scores) -> str:
    """The misses and false alarms in words; of locked and of real calls their ids only."""
    lines = []
    for title, ids in (("missed", scores.missed()), ("raised in vain", scores.raised_in_vain())):
        lines += ["", f"{title}: {len(ids)}"]
        for name, level, said in scores.words_of(ids):
            lines.append(f"  {name} ({level}) {' / '.join(said)}" if said else f"  {name} ({level}) words not shown")
    return "\n".join(lines)


def _main(scores: Scores, tag: str | None) -> dict[str, Any]:
    return {
        "emergency_sensitivity": scores.at_least(Level.EMERGENCY, tag)[0].as_json(),
        "urgent_sensitivity": scores.at_least(Level.URGENT, tag)[0].as_json(),
        "false_emergencies_per_100_ordinary": _per_100(scores.in_vain(Level.EMERGENCY, tag)),
        "false_urgent_per_100_ordinary": _per_100(scores.in_vain(Level.URGENT, tag)),
    }


def _kind(cases: list[Labelled]) -> str:
    return " (synthetic)" if cases and all(case.synthetic for case in cases) else ""


def _kappa(scores: Scores) -> dict[str, float | None]:
    value, low, high = scores.agreement()
    return {"value": None if value is None else round(value, 4), "low": round(low, 4), "high": round(high, 4)}


def _per_100(share: Share) -> dict[str, Any]:
    value = share.value
    return share.as_json() | {
        "per_100": None if value is None else round(100 * value, 2),
        "per_100_low": round(100 * share.low, 2) if share.of else None,
        "per_100_high": round(100 * share.high, 2) if share.of else None,
    }


def _two(shares: tuple[Share, Share], first: str, second: str) -> dict[str, Any]:
    return {first: shares[0].as_json(), second: shares[1].as_json()}
