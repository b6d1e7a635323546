"""A month on one machine: analysed part by part, so that what comes of all buyers is held at once, but never what
it comes from."""

from __future__ import annotations

from dataclasses import fields, replace

import polars as pl

from evaluator.attribution import check_conservation
from evaluator.filters import BuyerLists
from evaluator.kernel import Context, Facts, analyze
from evaluator.prepare import Bucket
from evaluator.shelf import Shelf


def analyze_bucket(
    bucket: Bucket, lists: BuyerLists, items: pl.DataFrame | None, context: Context, shelf: Shelf
) -> Facts:
    """SPEC §3 to §6 for the whole month. Raises EvaluatorError if conservation (R-A7) does not hold."""
    parts = []
    for part in bucket.parts():
        own = items if items is None else items.join(part.orders.select("o"), on="o", how="semi")
        parts.append(_kept(analyze(part, lists, own, context), shelf))
        shelf.rest()
    facts = together(parts)
    check_conservation(facts.orders, bucket.paid_totals)
    return facts


def _kept(facts: Facts, shelf: Shelf) -> Facts:
    frames = {f.name: getattr(facts, f.name) for f in fields(facts)}
    return replace(facts, **{n: shelf.keep(frame) for n, frame in frames.items() if frame is not None})


def together(parts: list[Facts]) -> Facts:
    """The facts of all parts, in the order of buyers. Receptions (``r``), sessions (``n``) and services (``v``)
    are numbered on."""
    if len(parts) == 1:
        return parts[0]
    found: dict[str, list[pl.DataFrame]] = {}
    numbers = {"r": 0, "n": 0, "v": 0}
    for part in parts:
        for field in fields(Facts):
            frame: pl.DataFrame | None = getattr(part, field.name)
            if frame is not None:
                shifted = frame.with_columns(
                    pl.col(c) + by for c, by in numbers.items() if c in frame.columns
                )
                found.setdefault(field.name, []).append(shifted)
        for number, frame in (("r", part.receptions), ("n", part.sessions), ("v", part.services)):
            numbers[number] += frame.height
    whole = {name: pl.concat(frames) for name, frames in found.items()}
    whole["orders"] = whole["orders"].sort("o")
    return replace(parts[0], **whole)
