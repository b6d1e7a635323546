"""Reading a file while what came of it before is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import polars as pl


def ahead(blocks: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same blocks, each given out while a thread reads the next one. For readers that leave Python free to run."""
    with ThreadPoolExecutor(1) as hand:
        coming = hand.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = hand.submit(next, blocks, None)
            yield block
