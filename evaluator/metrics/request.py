"""Which figures a run must compute: a metric and its options (SPEC §7), under one id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Options that belong to a metric, not to its scoring. A plan's score entry may carry them (SPEC §8).
METRIC_OPTIONS = (
    *("seconds", "unit", "hours", "cap_s", "unanswered_as_s", "source", "stage"),
    *("robots", "refund_kind", "by_seller", "mark_immature"),
)


@dataclass(frozen=True)
class MetricRequest:
    """``metric`` with ``options`` (sorted pairs; hours as ("08:00", "23:00"))."""

    metric: str
    options: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, metric: str, options: Mapping[str, Any] | None = None) -> MetricRequest:
        """Takes only the keys of METRIC_OPTIONS that are given; lists become tuples."""
        picked = {k: options[k] for k in METRIC_OPTIONS if options and options.get(k) is not None}
        return cls(
            metric, tuple((k, tuple(v) if isinstance(v, list) else v) for k, v in sorted(picked.items()))
        )

    def option(self, name: str, default: Any = None) -> Any:
        return dict(self.options).get(name, default)

    @property
    def id(self) -> str:
        """``reply_within_180s_consult``, ``first_response[hours=08:00-23:00]``, ``sales``. The ids of SPEC §7's
        own ``reply_within`` figures stand for these with their hours (see STANDARD)."""
        for std_id, std in STANDARD.items():
            if std == self:
                return std_id
        options = dict(self.options)
        name = self.metric
        if self.metric == "reply_within":
            name = f"reply_within_{options.pop('seconds')}s_{options.pop('unit')}"
        rest = ",".join(
            f"{k}={'-'.join(v) if isinstance(v, tuple) else v}" for k, v in sorted(options.items())
        )
        if not rest and name in STANDARD:
            rest = "hours=00:00-24:00"  # the plain name belongs to the standard figure, which has hours
        return f"{name}[{rest}]" if rest else name


def _reply_within(seconds: int, unit: str, hours: tuple[str, str] | None = None) -> MetricRequest:
    return MetricRequest.of("reply_within", {"seconds": seconds, "unit": unit, "hours": hours})


#: Every run computes at least these (SPEC §7, last paragraph).
STANDARD: dict[str, MetricRequest] = {
    "reply_within_30s_message": _reply_within(30, "message", ("08:00", "23:00")),
    "reply_within_180s_consult": _reply_within(180, "consult", ("08:00", "23:00")),
    "reply_within_180s_turn": _reply_within(180, "turn"),
    "reply_within_120s_consult_first": _reply_within(120, "consult_first"),
    "reply_within_180s_consult_mean": _reply_within(180, "consult_mean"),
}
