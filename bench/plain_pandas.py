"""What an analyst would write for three figures, in pandas: ``python bench/plain_pandas.py MONTH_FOLDER``.

Response time (mean wait of answered turns), reply rate and last-touch attribution, by account. No filters, no roster,
no judgments, no transfers: the yardstick that ``bench/bench.py`` puts beside a whole ``evaluator run``."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

RECEPTION = ["shop", "buyer", "account", "day"]


def figures(folder: Path) -> pd.DataFrame:
    """By account: answered turns, seconds waited, consults, replied consults, orders, yuan."""
    m = pd.read_parquet(
        folder / "messages.parquet", columns=["shop", "buyer", "account", "sender", "ts", "kind", "auto"]
    )
    human = (
        m["sender"].eq("agent")
        & ~m["auto"].fillna(False).astype(bool)
        & ~m["kind"].isin(["recall", "rating_invite"])
    )
    m = m[(m["sender"].eq("buyer") & m["kind"].ne("recall")) | human].copy()
    m["day"] = m["ts"].dt.floor("D")
    m = m.sort_values([*RECEPTION, "ts"], kind="stable")

    before = m.groupby(RECEPTION, sort=False)["sender"].shift()
    turns = m[m["sender"] != before].copy()  # the first message of each side's run
    turns["reply"] = turns.groupby(RECEPTION, sort=False)["ts"].shift(-1)
    turns = turns[turns["sender"] == "buyer"]
    turns["wait"] = (turns["reply"] - turns["ts"]).dt.total_seconds()
    waits = turns.groupby("account")["wait"].agg(answered="count", waited="sum")

    consults = turns.groupby(RECEPTION)["wait"].count().reset_index()
    replied = consults.groupby("account")["wait"].agg(consults="size", replied=lambda w: int((w > 0).sum()))

    orders = pd.read_parquet(
        folder / "orders.parquet", columns=["shop", "order_id", "buyer", "paid", "amount", "postage"]
    )
    orders = orders.dropna(subset=["paid"]).sort_values("paid")
    spoken = m[m["sender"] == "agent"].sort_values("ts")[["shop", "buyer", "account", "ts"]]
    touched = pd.merge_asof(orders, spoken, left_on="paid", right_on="ts", by=["shop", "buyer"])
    fresh = touched["ts"] >= touched["paid"].dt.floor("D") - pd.Timedelta(days=1)
    touched = touched[fresh]
    touched["counted"] = (touched["amount"] - touched["postage"]).astype(float)
    sales = touched.groupby("account")["counted"].agg(orders="size", yuan="sum")
    return waits.join(replied, how="outer").join(sales, how="outer").fillna(0)


if __name__ == "__main__":
    found = figures(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        found.round(2).to_csv(sys.argv[2])
    print(found.sum().round(2).to_dict())
