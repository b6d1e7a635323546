"""What kind of refund the platforms' words mean."""

from __future__ import annotations

import polars as pl

WHY_KIND = "看不出是仅退款、退货退款还是换货；补寄、维修一类不是退款"

_RULES = (  # the first that fits; 退换货 and 换货 alike are exchanges only where no money is named
    (r"无需退货|不退货|仅退款|价保|退差价|未发货|极速退款|退运费", "refund_only"),
    (r"退货", "return_refund"),
    (r"换", "exchange"),
    (r"退款", "refund_only"),
)


def kind(words: pl.Expr) -> pl.Expr:
    """``refund_only``, ``return_refund`` or ``exchange``; other words stay, for validation to reject (``WHY_KIND``)."""
    found = words
    for pattern, meaning in reversed(_RULES):
        found = pl.when(words.str.contains(pattern)).then(pl.lit(meaning)).otherwise(found)
    return found
