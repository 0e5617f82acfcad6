"""What a count says about the rate behind it: the upper end of the exact 95 % interval (Clopper and Pearson)."""

from math import exp, inf, lgamma, log, log1p

CONFIDENCE = 0.95


def at_most(found: int, of: int) -> float:
    """The rate that is exceeded with no more than 5 % probability; 1.0 when there was nothing to count.

    For none found this is close to three divided by `of`, the rule of three.

    >>> round(at_most(0, 10_000) * 100, 3)
    0.03
    """
    if found >= of:
        return 1.0
    low, high = found / of, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        if _no_more_than(found, of, middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def told(found: int, of: int) -> str:
    """A count with its bound, as a report says it."""
    return f"{found} of {of:,}: at most {at_most(found, of):.3%}" if of else f"{found} of 0: nothing was tried"


def _no_more_than(found: int, of: int, rate: float) -> float:
    """The probability of `found` or fewer among `of` at this rate."""
    return sum(exp(_log_share(k, of, rate)) for k in range(found + 1))


def _log_share(k: int, of: int, rate: float) -> float:
    if rate >= 1.0:
        return 0.0 if k == of else -inf
    ways = lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1)
    return ways + (k * log(rate) if k else 0.0) + (of - k) * log1p(-rate)
