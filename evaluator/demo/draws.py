"""Random draws that give the same values on every machine and Python version.

Only ``Random.randrange`` is used: it is integer arithmetic on the Mersenne Twister's bits. Log-normal waits
come from a table of quantiles, because ``exp`` and ``log`` may differ in the last bit between C libraries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from random import Random
from typing import Any, TypeVar

import yaml

T = TypeVar("T")

# Quantiles 0, 2.5 %, 5 % … 100 % of a log-normal with sigma 0.75 and median 1000, in thousandths.
_LOG_NORMAL = (
    160,
    230,
    291,
    340,
    382,
    422,
    460,
    496,
    532,
    567,
    603,
    639,
    675,
    712,
    749,
    787,
    827,
    868,
    910,
    954,
    1000,
    1048,
    1099,
    1152,
    1209,
    1270,
    1335,
    1405,
    1482,
    1566,
    1658,
    1762,
    1880,
    2016,
    2176,
    2370,
    2615,
    2944,
    3434,
    4349,
    6200,
)


def load_data(name: str) -> Any:
    """One of the package's data files, ``data/<name>.yaml``."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (files("evaluator.demo") / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=loader)


class Draws:
    """A seeded source of draws; every method gives whole numbers, or picks from what it is given."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both possible."""
        return low + self._random.randrange(high - low + 1)

    def chance(self, per_mille: int) -> bool:
        return self._random.randrange(1000) < per_mille

    def pick(self, items: Sequence[T]) -> T:
        return items[self._random.randrange(len(items))]

    def weighted(self, items: Sequence[T], weights: Sequence[int]) -> T:
        """One of ``items``, each as likely as its whole-number weight."""
        mark = self._random.randrange(sum(weights))
        for item, weight in zip(items, weights, strict=True):
            mark -= weight
            if mark < 0:
                return item
        raise AssertionError("weights sum to the range drawn from")

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """``count`` different items (all of them, if there are fewer), in drawn order."""
        pool = list(items)
        taken: list[T] = []
        while pool and len(taken) < count:
            taken.append(pool.pop(self._random.randrange(len(pool))))
        return taken

    def wait(self, median_s: int) -> int:
        """Seconds, log-normal about ``median_s``, at least 2."""
        mark = self._random.randrange(40_000)
        step, part = divmod(mark, 1000)
        low, high = _LOG_NORMAL[step], _LOG_NORMAL[step + 1]
        return max(2, median_s * (low * 1000 + (high - low) * part) // 1_000_000)

    def digits(self, count: int) -> str:
        """``count`` digits, the first not zero."""
        return str(self.between(10 ** (count - 1), 10**count - 1))

    def later(self, start: datetime, low_s: int, high_s: int) -> datetime:
        return start + timedelta(seconds=self.between(low_s, high_s))
