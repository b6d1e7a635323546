"""A month of ``bench/generate.py`` as most exports have it: nicks masked. ``--head 1 --tail 1`` writes ``t**1``, which
hundreds of buyers share; ``--head 4 --tail 3`` a mask nearly everybody's own."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

MASKED, PLAIN_ORDERS, MASKED_ORDERS = (
    85,
    40,
    80,
)  # of 100 buyers; of 100 orders, and up to which: others name none


def masked(folder: Path, out: Path, head: int, tail: int) -> None:
    """Writes the month in ``folder`` to ``out`` with the nicks of most buyers masked."""
    buyer, stars = pl.col("buyer"), pl.lit("***")
    mask = pl.concat_str(buyer.str.slice(0, head), stars, buyer.str.tail(tail))
    as_written = pl.when(buyer.hash(seed=5) % 100 < MASKED).then(mask).otherwise(buyer).alias("buyer")
    shutil.copytree(
        folder, out, ignore=shutil.ignore_patterns("messages.parquet", "done"), dirs_exist_ok=True
    )
    talk = pq.ParquetFile(folder / "messages.parquet")
    with pq.ParquetWriter(out / "messages.parquet", talk.schema_arrow, compression="zstd") as file:
        for n in range(talk.num_row_groups):
            rows = pl.DataFrame(talk.read_row_group(n)).with_columns(as_written)
            file.write_table(rows.to_arrow().cast(talk.schema_arrow))
    pl.read_parquet(folder / "ratings.parquet").with_columns(as_written).write_parquet(
        out / "ratings.parquet"
    )
    share = pl.col("order_id").hash(seed=9) % 100
    named = pl.when(share < PLAIN_ORDERS).then(buyer).when(share < MASKED_ORDERS).then(mask)
    pl.read_parquet(folder / "orders.parquet").with_columns(named.alias("buyer")).write_parquet(
        out / "orders.parquet"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--head", type=int, default=1)
    parser.add_argument("--tail", type=int, default=1)
    given = parser.parse_args()
    masked(given.folder, given.out, given.head, given.tail)


if __name__ == "__main__":
    main()
