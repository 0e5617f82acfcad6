"""A share and how sure it is: exact where calls are independent, drawn again by family where they are not (§6.3).

Paraphrases of one idea are not independent, so what is drawn again and again is the family (`seed`), never the single
call. The draws depend on the seed's name alone: the same file always gives the same figures, whatever its order.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import ceil, exp, factorial, floor, lgamma, log, log1p
from random import Random
from typing import Any

DRAWS = 500
FEW = 10  # with fewer families than this, drawing them again would feign a certainty nobody has
_TAIL = 0.025  # on either side of a 95 % interval
_POISSON = list(accumulate(exp(-1) / factorial(count) for count in range(9)))


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`, with its 95 % interval; `families` are (seed, hits, of) where several items share an idea.

    Without families every item stands alone and the interval is exact (Clopper-Pearson). `low` and `high` are 0 and 1
    of nothing.
    """

    hits: int
    of: int
    families: tuple[tuple[str, int, int], ...] = ()

    @classmethod
    def counted(cls, marks: Iterable[tuple[str, int, int]]) -> "Share":
        """From (seed, hits, of) of each item."""
        families: dict[str, list[int]] = {}
        for seed, hits, of in marks:
            family = families.setdefault(seed, [0, 0])
            family[0] += hits
            family[1] += of
        rows = tuple((seed, hits, of) for seed, (hits, of) in sorted(families.items()) if of)
        return cls(sum(hits for _, hits, _ in rows), sum(of for _, _, of in rows), rows)

    @classmethod
    def of_marks(cls, marks: Iterable[tuple[str, bool]]) -> "Share":
        """From (seed, whether it counts) of each item."""
        return cls.counted((seed, int(hit), 1) for seed, hit in marks)

    @property
    def value(self) -> float | None:
        """The plain share; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def seeds(self) -> int:
        """How many ideas the items come from."""
        return len(self.families) or self.of

    @property
    def method(self) -> str:
        """How the interval was found."""
        if all(of == 1 for _, _, of in self.families):
            return "exact"
        return "exact, by seed" if self.hits in (0, self.of) or self.seeds < FEW else "bootstrap by seed"

    @property
    def low(self) -> float:
        """Lower bound of the interval."""
        return _interval(self)[0]

    @property
    def high(self) -> float:
        """Upper bound of the interval."""
        return _interval(self)[1]

    def as_json(self) -> dict[str, Any]:
        """Plain figures."""
        value = self.value
        return {
            "hits": self.hits,
            "of": self.of,
            "seeds": self.seeds,
            "value": None if value is None else round(value, 4),
            "low": round(self.low, 4) if self.of else None,
            "high": round(self.high, 4) if self.of else None,
            "interval": self.method,
        }

    def __str__(self) -> str:
        if not self.of:
            return "-"
        seeds = f" ({self.seeds} seeds)" if self.seeds != self.of else ""
        return f"{100 * self.hits / self.of:5.1f}%  [{100 * self.low:.1f}, {100 * self.high:.1f}]  {self.hits}/{self.of}{seeds}"


@lru_cache(maxsize=4096)
def draws(seed: str) -> tuple[int, ...]:
    """How often a family is in each of `DRAWS` new samples (Poisson with mean 1), by its name alone."""
    return tuple(Random(f"oncall:{seed}").choices(range(len(_POISSON)), cum_weights=_POISSON, k=DRAWS))


def drawn_interval(figures: Iterable[float]) -> tuple[float, float]:
    """The middle 95 % of figures of new samples; (0, 1) of none."""
    ordered = sorted(figures)
    if not ordered:
        return 0.0, 1.0
    return _quantile(ordered, _TAIL), _quantile(ordered, 1 - _TAIL)


def exact_interval(hits: int, of: int) -> tuple[float, float]:
    """Clopper-Pearson."""
    low = 0.0 if hits == 0 else _solve(lambda p: 1 - _below(hits - 1, of, p) - _TAIL)
    high = 1.0 if hits == of else _solve(lambda p: _TAIL - _below(hits, of, p))
    return low, high


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value that `share` of the sorted figures does not exceed; None of none."""
    return _quantile(ordered, share) if ordered else None


@lru_cache(maxsize=4096)
def _interval(share: Share) -> tuple[float, float]:
    match share.method:
        case "exact":
            return exact_interval(share.hits, share.of)
        case "exact, by seed":  # as if each family were one item, the doubt between two counts given to either side
            right = share.seeds * share.hits / share.of
            return exact_interval(floor(right), share.seeds)[0], exact_interval(ceil(right), share.seeds)[1]
    hits, of = [0] * DRAWS, [0] * DRAWS
    for seed, family_hits, family_of in share.families:
        for draw, times in enumerate(draws(seed)):
            hits[draw] += times * family_hits
            of[draw] += times * family_of
    return drawn_interval(one / whole for one, whole in zip(hits, of, strict=True) if whole)


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(max(round(share * (len(ordered) - 1)), 0), len(ordered) - 1)]


def _below(most: int, of: int, p: float) -> float:
    """The chance of at most `most` hits among `of` when each comes with chance `p`."""
    if p <= 0:
        return 1.0
    if p >= 1:
        return 1.0 if most >= of else 0.0
    ways = [
        lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1) + k * log(p) + (of - k) * log1p(-p) for k in range(most + 1)
    ]
    return min(1.0, sum(map(exp, ways)))


def _solve(rising: Callable[[float], float]) -> float:
    """Where a rising function of a share crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2
