"""同行: where a shop stands among others. 同行平均 is the 60th percentile, 同行优秀 the 90th, counted from the
worst value to the best (so of a figure that is better the lower, the low values are the 90th).

From the ``peers`` table where that has the figure, else from the shops of the run. Fewer than ``LEAST`` shops make
no percentile: then it is missing, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl

AVERAGE, EXCELLENT = 60, 90
LEAST = 3
FROM_TABLE, FROM_SHOPS = "peers", "shops"


@dataclass(frozen=True)
class Figure:
    """What is compared: its ``id``, other ``names`` it may have in the table, whether lower is better, whether it
    is a share (0…1)."""

    id: str
    names: tuple[str, ...] = ()
    lower_is_better: bool = False
    is_share: bool = False


@dataclass(frozen=True)
class Peer:
    """``source``: peers, shops, or "" where there is none; ``shops``: how many values it rests on (0: the table says
    only the figures); ``reason``: why a figure is missing."""

    average: Fraction | None = None
    excellent: Fraction | None = None
    shops: int = 0
    source: str = ""
    reason: str = ""


def percentile(values: Sequence[Fraction], percent: int, lower_is_better: bool = False) -> Fraction:
    """Nearest rank, from the worst value to the best."""
    ranked = sorted(values, reverse=lower_is_better)
    return ranked[max(-(-percent * len(ranked) // 100), 1) - 1]


def standing(value: Fraction | None, peer: Peer, lower_is_better: bool) -> str:
    """优秀, 达到平均, 低于平均, or "" where it cannot be said."""
    if value is None or peer.average is None:
        return ""

    def reaches(goal: Fraction) -> bool:
        return value <= goal if lower_is_better else value >= goal

    if peer.excellent is not None and reaches(peer.excellent):
        return "优秀"
    return "达到平均" if reaches(peer.average) else "低于平均"


def peer_of(figure: Figure, shops: Mapping[str, Fraction | None], table: pl.DataFrame | None) -> Peer:
    """``shops``: the figure of each shop of the run; ``table``: the month's ``peers``."""
    stated = _stated(figure, table)
    if stated is not None:
        return stated
    values = [value for value in shops.values() if value is not None]
    if len(values) < LEAST:
        return Peer(
            shops=len(values),
            reason=f"本次有这个数的店铺只有 {len(values)} 家，少于 {LEAST} 家；peers 表里也没有",
        )
    return _of_values(figure, values, FROM_SHOPS)


def _of_values(figure: Figure, values: Sequence[Fraction], source: str) -> Peer:
    average, excellent = (percentile(values, p, figure.lower_is_better) for p in (AVERAGE, EXCELLENT))
    return Peer(average, excellent, len(values), source)


def _stated(figure: Figure, table: pl.DataFrame | None) -> Peer | None:
    """From the table: a row with percentile 60 (or 0.6) is 同行平均, 90 同行优秀. A single row without one is
    同行平均, as reports call it; ``LEAST`` and more are one shop each. None where the table says nothing of it."""
    if table is None:
        return None
    rows = table.filter(pl.col("metric").is_in([figure.id, *figure.names]))
    if not rows.height:
        return None
    if figure.is_share and (rows["value"] > 1).any():
        return Peer(source=FROM_TABLE, reason="peers 表里的比率应写成 0 到 1 的小数（如 0.95），未采用")
    loose = [Fraction(value) for value in rows.filter(pl.col("percentile").is_null())["value"]]
    if len(loose) >= LEAST:
        return _of_values(figure, loose, FROM_TABLE)
    marked: dict[int, set[Fraction]] = {}
    for value, at in rows.drop_nulls("percentile").select("value", "percentile").iter_rows():
        marked.setdefault(_whole(at), set()).add(Fraction(value))
    if len(loose) == 1 and AVERAGE not in marked:
        marked[AVERAGE] = {loose[0]}
    told = {p: next(iter(found)) for p, found in marked.items() if len(found) == 1}
    return Peer(told.get(AVERAGE), told.get(EXCELLENT), 0, FROM_TABLE, _unsaid(marked, told, len(loose)))


def _whole(percent: Decimal) -> int:
    """60 or 0.6 → 60."""
    return int(percent * 100) if percent <= 1 else int(percent)


def _unsaid(marked: Mapping[int, set[Fraction]], told: Mapping[int, Fraction], loose: int) -> str:
    """Why one of the two is missing."""
    twice = [p for p, found in marked.items() if len(found) > 1]
    if twice:
        return f"peers 表里 {'、'.join(map(str, twice))} 分位有不同的值，不知以哪个为准；请只留一行"
    if not told and loose:
        return f"peers 表里有 {loose} 行没有写 percentile；一行按同行平均，{LEAST} 行以上按每行一家店，请补写"
    absent = [
        name for name, p in (("平均（60 分位）", AVERAGE), ("优秀（90 分位）", EXCELLENT)) if p not in told
    ]
    return f"peers 表里没有同行{'、'.join(absent)}" if absent else ""
