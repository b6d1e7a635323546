"""``manifest.json``: what went in, by which rules, and what came out (SPEC §10)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import polars as pl

from evaluator import links as order_links
from evaluator.metrics.table import Kpi
from evaluator.model import MonthData
from evaluator.pay import Pay
from evaluator.prepare import Bucket
from evaluator.rulebook import RulesFinder

UNREAD = ("unrecognised_file", "refused_file")  # kinds of 待核 that name a file of the month


def program_version() -> str:
    try:
        return version("evaluator")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0+checkout"


def _shipped_rules() -> dict[str, str]:
    """Hashes of the rule files that hold for every month."""
    names = ("ads.yaml", "labels.yaml", "metrics.yaml", "defaults.yaml")
    found = ((name, RulesFinder().find(name)) for name in names)
    return {f"rules/{n}": hashlib.sha256(p.read_bytes()).hexdigest() for n, p in found if p is not None}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool) else str(value)


def describe(
    month: MonthData, bucket: Bucket, kpi: Kpi, pay: Pay, linked: pl.DataFrame, timings: dict[str, float]
) -> dict[str, Any]:
    """All of it as plain JSON values. ``linked``: the period's orders by how they found their buyers."""
    config = month.config
    links = bucket.orders.group_by("link").len().sort("link")
    return {
        "program": {"name": "evaluator", "version": program_version()},
        "period": {"start": config.start.isoformat(), "end": config.end.isoformat()},
        "platform": config.platform,
        "inputs": [asdict(f) for f in month.inputs],
        "unread": sorted({item.subject for item in month.review if item.kind in UNREAD}),
        "rules": dict(sorted((config.sources | _shipped_rules()).items())),
        "plans": [plan.name for plan in config.plans],
        "settings": config.settings.model_dump(mode="json"),
        "links": {link: int(n) for link, n in links.iter_rows()},
        "order_links": order_links.described(linked),
        "warnings": [told for told in [order_links.warning(linked)] if told],
        "metrics": [
            {
                "id": name,
                "metric": r.metric,
                "options": {k: list(v) if isinstance(v, tuple) else _plain(v) for k, v in r.options},
            }
            for name, r in kpi.requests.items()
        ],
        "totals": {"payroll": str(pay.payroll_total)},
        "timings": timings,
    } | ({"ledger_read": dict(pay.brought.read)} if pay.brought.read else {})
