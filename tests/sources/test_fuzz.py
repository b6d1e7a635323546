"""Damaged files of every format: nothing but EvaluatorError, no file over 10 s, no row lost.

``FUZZ_CASES`` and ``FUZZ_SEED`` choose how many and which; a failure names the case, so it can be run again."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import fuzzing
import pytest
from conftest import MESSAGES, ORDERS, ROSTER, Month
from fuzz_seeds import Seed, seeds, without_seed

from evaluator.model import EvaluatorError

CASES = int(os.environ.get("FUZZ_CASES", "0"))
SEED = int(os.environ.get("FUZZ_SEED", "20261101"))
SECONDS = 10
BOMB = 200 << 20
LIGHT, HEAVY = 15, 1500  # cases a seed
BY_NAME = {f"{seed.format}-{Path(seed.name).name}": seed for seed in seeds()}


class Tried:
    """Counts the cases and how they ended."""

    def __init__(self) -> None:
        self.read = self.refused = 0

    def told(self, what: str) -> None:
        print(f"\nfuzz {what}: {self.read + self.refused} cases, {self.read} read, {self.refused} refused")


def attempt(folder: Path, seed: Seed, data: bytes, label: str, tried: Tried) -> None:
    """A sound month with one damaged file. ``Month.read`` asserts that no row is lost."""
    month = Month(folder)
    for name, text in (("messages.csv", MESSAGES), ("orders.csv", ORDERS), ("roster.csv", ROSTER)):
        month.write(name, text)
    month.write(seed.name, data)
    start = time.monotonic()
    try:
        month.read()
        tried.read += 1
    except EvaluatorError as error:
        assert "\n" not in str(error)[:1]
        tried.refused += 1
    except BaseException as error:  # a panic of a native library is no Exception
        raise AssertionError(f"{label}: {type(error).__name__}: {error}") from error
    assert time.monotonic() - start < SECONDS, f"{label}: over {SECONDS} s"


def run(seed: Seed, folder: Path, cases: int) -> None:
    tried = Tried()
    for n in range(cases):
        r = random.Random(f"{SEED}:{seed.format}:{seed.name}:{n}")
        attempt(
            folder, seed, fuzzing.damaged(r, seed), f"{seed.format} {seed.name} case {n} seed {SEED}", tried
        )
    tried.told(f"{seed.format} {seed.name}")


@pytest.mark.parametrize("name", BY_NAME)
def test_damaged_files(name, tmp_path):
    run(BY_NAME[name], tmp_path, CASES or LIGHT)


@pytest.mark.heavy
@pytest.mark.parametrize("name", BY_NAME)
def test_many_damaged_files(name, tmp_path):
    run(BY_NAME[name], tmp_path, CASES or HEAVY)


def test_the_seeds_themselves_are_sound(tmp_path):
    for at, (name, seed) in enumerate(BY_NAME.items()):
        month = Month(tmp_path / str(at))
        for file, text in (("messages.csv", MESSAGES), ("orders.csv", ORDERS), ("roster.csv", ROSTER)):
            month.write(file, text)
        month.write(seed.name, fuzzing.written(random.Random(0), seed, seed.content))
        got = month.read()
        entry = next(e for e in got.inputs if e.file == seed.name)
        assert entry.format.startswith(seed.format), name
        assert seed.format == "taobao_subusers" or entry.rows_in > 0, name


def test_every_format_has_a_seed():
    missing = without_seed()
    if missing:
        pytest.skip(f"no seed in fuzz_seeds.py for: {', '.join(missing)}")


@pytest.mark.parametrize("depth", [100, 1_000, 100_000])
def test_deep_nesting(depth, tmp_path):
    for at, data in enumerate(fuzzing.nested(depth)):
        for name in ("深.json", "深.jsonl"):
            for text in (data, data + b"\n" + data):
                attempt(
                    tmp_path / f"{at}{name}", Seed("json", name, None), text, f"nested {depth} {at}", Tried()
                )


@pytest.mark.parametrize("name", [name for name in BY_NAME if name.endswith((".csv", ".xlsx"))])
@pytest.mark.parametrize("size", [1 << 20, pytest.param(10 << 20, marks=pytest.mark.heavy)])
def test_a_large_cell(name, size, tmp_path):
    seed, r = BY_NAME[name], random.Random(SEED)
    rows = fuzzing.big_cell(size)(r, seed.content)
    attempt(tmp_path, seed, fuzzing.written(r, seed, rows), f"{name} cell of {size}", Tried())


@pytest.mark.parametrize("part", [fuzzing.SHEET, fuzzing.STRINGS])
def test_a_small_workbook_that_swells(part, tmp_path):
    seed = BY_NAME["taobao_orders-ExportOrderList2.xlsx"]
    data = fuzzing.bomb(fuzzing.as_xlsx(seed.content, random.Random(1)), part, BOMB)
    assert len(data) < 2 << 20
    tried = Tried()
    attempt(tmp_path, seed, data, f"bomb in {part}", tried)
    assert tried.refused == 1


@pytest.mark.parametrize("where", fuzzing.FAR)
def test_a_cell_in_the_far_corner(where, tmp_path):
    seed, tried, r = BY_NAME["taobao_orders-ExportOrderList2.xlsx"], Tried(), random.Random(0)
    parts = fuzzing.parts_of(fuzzing.as_xlsx(seed.content, r))
    fuzzing.far_cell(r, parts, where)
    attempt(tmp_path, seed, fuzzing.packed(parts), f"far cell {where}", tried)
    assert tried.refused == (where != "XFD2")
