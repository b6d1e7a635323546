"""The quality of the ad filter as text for the terminal and as a page to read and print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from evaluator.ads.quality import Quality, Rates
from evaluator.render.pages import environment, style
from evaluator.render.text import clip, visible

EXAMPLES = 20  # mistakes of each kind that are shown
WIDTH, HEIGHT, MARGIN = 360, 260, 36
_NAMES = {"precision": "准确率", "recall": "召回率", "false_positive_rate": "误判率"}


def as_text(found: Quality) -> str:
    """Rates with their intervals, a line a way of judging."""
    whole = found.rates["全部"]
    lines = [f"{whole.n:,} 段文字，其中广告 {whole.ads:,}；模型阈值 {found.threshold}"]
    for way, rates in found.rates.items():
        parts = [f"{_NAMES[name]} {_rate(rates, name)}" for name in _NAMES]
        lines.append(f"{way}　" + "　".join(parts))
    lines.append("（方括号内是 95% 自助法区间；行为判定要有聊天，这里只评文字）")
    return "\n".join(lines)


def _rate(rates: Rates, name: str) -> str:
    value: float | None = getattr(rates, name)
    if value is None:
        return "—"
    interval = rates.intervals[name]
    told = f"{value:.2%}"
    return told + (f" [{interval[0]:.2%}, {interval[1]:.2%}]" if interval else "")


def write_page(found: Quality, name: str, out: Path) -> None:
    """Writes the page to ``out``."""
    page: dict[str, Any] = {
        "name": visible(name),
        "threshold": found.threshold,
        "whole": found.rates["全部"],
        "rates": [
            (way, [_rate(rates, column) for column in _NAMES], rates.true_positives, rates.false_positives)
            for way, rates in found.rates.items()
        ],
        "heads": list(_NAMES.values()),
        "curve": _points([(recall, precision) for _, precision, recall in found.curve]),
        "calibration": [
            (
                *_place(p, share),
                round(3 + 7 * (n / found.texts.height) ** 0.5, 1),
                f"{n:,} 段：模型 {p:.0%}，实际 {share:.0%}",
            )
            for p, share, n in found.calibration
        ],
        "frame": (WIDTH, HEIGHT, MARGIN),
        "kinds": _kinds(found.texts),
        "missed": _examples(found.texts.filter(pl.col("ad") & ~pl.col("said")).sort("p")),
        "accused": _examples(found.texts.filter(~pl.col("ad") & pl.col("said")).sort("p", descending=True)),
    }
    text = environment().get_template("ads_quality.html.j2").render(page=page, css=style())
    partial = out.with_name(out.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(out)


def _place(x: float, y: float) -> tuple[float, float]:
    """A point of the unit square on the drawing."""
    return (
        round(MARGIN + x * (WIDTH - 2 * MARGIN), 1),
        round(HEIGHT - MARGIN - y * (HEIGHT - 2 * MARGIN), 1),
    )


def _points(pairs: list[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in (_place(*pair) for pair in pairs))


def _kinds(texts: pl.DataFrame) -> list[tuple[str, int, int, int, int]]:
    """Category, ads, of these caught, others, of these taken for ads. Without categories, the keyword rules that a text
    hits stand for them."""
    kind = pl.col("category") if "category" in texts.columns else pl.col("rules")
    told = texts.with_columns(kind.fill_null("").replace("", "（无）").alias("kind"))
    counted = told.group_by("kind").agg(
        pl.col("ad").sum().alias("ads"),
        (pl.col("ad") & pl.col("said")).sum().alias("caught"),
        (~pl.col("ad")).sum().alias("others"),
        (~pl.col("ad") & pl.col("said")).sum().alias("accused"),
    )
    rows = counted.sort(["ads", "others", "kind"], descending=[True, True, False]).head(40)
    return [(visible(r[0]), *r[1:]) for r in rows.iter_rows()]


def _examples(texts: pl.DataFrame) -> list[tuple[str, str]]:
    """Probability and text."""
    return [
        (f"{p:.1%}", visible(clip(text, 200)))
        for p, text in texts.head(EXAMPLES).select("p", "text").iter_rows()
    ]
