"""Blocks of a file are read while those before are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import polars as pl
import pytest

from evaluator.sources.ahead import ahead


def test_the_next_block_is_read_while_one_is_looked_at() -> None:
    read = [Event() for _ in range(3)]

    def blocks() -> Iterator[pl.DataFrame]:
        for n, event in enumerate(read):
            event.set()
            yield pl.DataFrame({"n": [n]})

    found = ahead(blocks())
    assert next(found)["n"].item() == 0
    assert read[1].wait(60)
    assert [block["n"].item() for block in found] == [1, 2]


def test_what_goes_wrong_comes_out_where_it_is_read() -> None:
    def blocks() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"n": [0]})
        raise ValueError("damaged")

    found = ahead(blocks())
    assert next(found).height == 1
    with pytest.raises(ValueError, match="damaged"):
        next(found)


def test_a_reader_may_be_left_early() -> None:
    closed = Event()

    def blocks() -> Iterator[pl.DataFrame]:
        try:
            while True:
                yield pl.DataFrame({"n": [0]})
        finally:
            closed.set()

    reader = blocks()
    found = ahead(reader)
    next(found)
    found.close()
    reader.close()
    assert closed.is_set()
