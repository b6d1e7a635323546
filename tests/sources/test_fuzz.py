"""Damaged files of every format: nothing but EvaluatorError, no file over 10 s, no row lost, every reject explained.

``FUZZ_CASES`` (a seed) and ``FUZZ_SEED`` choose how many and which; a failure names its case, to be run again."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import fuzzing
import fuzzing_json
import pytest
from clock import within
from dressing import Dress, delimited
from fuzz_seeds import Seed, seeds
from layouts import LAYOUTS
from months import MESSAGES, ORDERS, ROSTER, Month
from trade import SHOP

from evaluator.model import EvaluatorError
from evaluator.sources.files import Sample
from evaluator.sources.propose import proposal_text
from evaluator.sources.registry import FORMATS
from evaluator.sources.report_file import read_file

CASES = int(os.environ.get("FUZZ_CASES", "0"))
SEED = int(os.environ.get("FUZZ_SEED", "20261101"))
SECONDS = 10
BOMB = 200 << 20
LIGHT, HEAVY = 4, 400  # cases a seed
SEEDS = {seed.name: seed for seed in seeds()}
ALL: list[int] = []  # cases tried
TABULAR = (".csv", ".xlsx", ".xls")


class Tried:
    """Counts the cases and how they ended."""

    def __init__(self) -> None:
        self.read = self.refused = 0

    def told(self, what: str) -> None:
        ALL.append(self.read + self.refused)
        print(f"\nfuzz {what}: {ALL[-1]} cases, {self.read} read, {self.refused} refused; {sum(ALL)} in all")


def attempt(folder: Path, name: str, data: bytes, label: str, tried: Tried) -> None:
    """A sound month with one damaged file. ``Month.read`` asserts that no row is lost."""
    month = Month(folder)
    for file, text in (("messages.csv", MESSAGES), ("orders.csv", ORDERS), ("roster.csv", ROSTER)):
        month.write(file, text)
    month.write(name, data)
    try:
        with within(SECONDS):
            got = month.read()
            assert all(reject.why and reject.row > 0 for reject in got.rejects)
        tried.read += 1
    except EvaluatorError as error:
        assert str(error).strip()
        tried.refused += 1
    except BaseException as error:  # a panic of a native library is no Exception
        raise AssertionError(f"{label}: {type(error).__name__}: {error}") from error
    finally:
        (folder / name).unlink(missing_ok=True)


def also(folder: Path, name: str, data: bytes, label: str) -> None:
    """Other commands that open a file of the user: ``map`` and ``reconcile``."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    for command in (proposal_text, read_file):
        try:
            with within(SECONDS):
                command(path)
        except EvaluatorError as error:
            assert str(error).strip()
        except BaseException as error:
            raise AssertionError(f"{label}: {command.__name__}: {type(error).__name__}: {error}") from error


def run(seed: Seed, folder: Path, cases: int) -> None:
    tried = Tried()
    for n in range(cases):
        r = random.Random(f"{SEED}:{seed.name}:{n}")
        name, data = fuzzing.damaged(r, seed)
        label = f"{seed.name} case {n} seed {SEED}"
        attempt(folder, name, data, label, tried)
        if seed.name.endswith(TABULAR) and n % 5 == 0:
            also(folder, name, data, label)
    tried.told(seed.name)


@pytest.mark.parametrize("name", SEEDS)
def test_damaged_files(name, tmp_path):
    run(SEEDS[name], tmp_path, CASES or LIGHT)


@pytest.mark.heavy
@pytest.mark.parametrize("name", SEEDS)
def test_many_damaged_files(name, tmp_path):
    run(SEEDS[name], tmp_path, CASES or HEAVY)


# ------------------------------------------------------------------------------------------ the seeds
@pytest.fixture(scope="module")
def sniffed(tmp_path_factory):
    """Which format takes which seed as it is."""
    folder, found = tmp_path_factory.mktemp("seeds"), {}
    for name, seed in SEEDS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fuzzing.written(random.Random(0), seed, seed.content))
        found[name] = next((f.ID for f in FORMATS if f.sniff(Sample(name, path))), "")
    return found


def test_every_format_has_a_seed(sniffed):
    assert {module.ID for module in FORMATS} == set(sniffed.values())


def test_seeds_are_of_their_formats(sniffed):
    known = {module.ID for module in FORMATS}
    assert all(sniffed[seed.name] for seed in SEEDS.values())
    assert not [s.name for s in SEEDS.values() if s.format in known and sniffed[s.name] != s.format]


def test_seeds_are_sound(tmp_path):
    """Each is read, but those that no table can be made of."""
    for at, (name, seed) in enumerate(SEEDS.items()):
        month = Month(tmp_path / str(at))
        for file, text in (("messages.csv", MESSAGES), ("orders.csv", ORDERS), ("roster.csv", ROSTER)):
            month.write(file, text)
        month.write(name, fuzzing.written(random.Random(0), seed, seed.content))
        got = month.read()
        rows = sum(e.rows_used for e in got.inputs if e.file == name)
        serves = not any(note.kind == "refused_file" for note in got.review)
        assert (rows > 0) == serves or seed.format == "taobao_subusers", name


def test_a_case_is_the_same_every_time():
    for seed in SEEDS.values():
        if not seed.name.endswith(TABULAR[1:]):  # an archive holds the time at which it was made
            first, again = (fuzzing.damaged(random.Random("1"), seed) for _ in range(2))
            assert first == again


# ------------------------------------------------------------------------------------------ one row
ROWS = {
    s.name: s
    for s in SEEDS.values()
    if s.name.endswith((".json", ".jsonl")) and s.format != "taobao_subusers"
}


#: A log-in is two events, a trade an order and its items.
ROWS_OF_RECORD = {"taobao_trades": 3, "jd_order_search": 2}


def read_one(folder: Path, name: str, documents: list[Any]) -> tuple[int, int]:
    """(rows in, rows used) of a JSON file."""
    month = Month(folder)
    for file, text in (("messages.csv", MESSAGES), ("orders.csv", ORDERS), ("roster.csv", ROSTER)):
        month.write(file, text)
    month.write(name, fuzzing_json.as_json(documents, name, ascii_only=True))
    entries = [e for e in month.read().inputs if e.file == name]
    return sum(e.rows_in for e in entries), sum(e.rows_used for e in entries)


@pytest.mark.parametrize("name", [name for name in ROWS if "one_" not in name])
def test_a_damaged_row_is_one_row(name, tmp_path):
    """Whatever stands in the place of one row: it is counted, and the others are read."""
    seed = ROWS[name]
    whole, events = read_one(tmp_path, name, seed.content), seed.format == "qianniu_im"
    each = 2 if "PassLog" in str(seed.content) else ROWS_OF_RECORD.get(seed.format, 1)
    for value in [*fuzzing_json.ODD_VALUES, {"x": 1}, {"": "y"}]:
        documents = json.loads(json.dumps(seed.content))
        fuzzing_json.rows_of(documents)[1] = value
        rows_in, used = read_one(tmp_path, name, documents)
        assert used == whole[1] - each, value
        assert rows_in > whole[0] - each or (events and isinstance(value, dict)), value


def places(name: str, values: list[Any], tmp_path: Path) -> None:
    """The values in turn in every place of a small document."""
    seed, tried = ROWS[name], Tried()
    small = json.loads(json.dumps(seed.content))
    if "one_" not in name:
        del fuzzing_json.rows_of(small)[2:]
    for n, documents in enumerate(fuzzing_json.each_place(small, values)):
        data = fuzzing_json.as_json(documents, name)
        attempt(tmp_path, name, data, f"{name} place {n} of {values}", tried)
    tried.told(f"each place of {name}")


@pytest.mark.parametrize("name", ROWS)
def test_each_place_of_a_document(name, tmp_path):
    places(name, [None, 7, "x", [], {}, [[None]], True], tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize("value", [None, 7, 1.5, "x", [], {}, [[None]], {"": {"": []}}, True, "9" * 5_000])
@pytest.mark.parametrize("name", ROWS)
def test_each_type_in_each_place_of_a_document(name, value, tmp_path):
    places(name, [value], tmp_path)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_damaged_cell_is_one_row(layout, tmp_path):
    """An odd cell costs its own row at most (its order's, where that has several)."""
    month = Month(tmp_path)
    for file, text in (("messages.csv", MESSAGES), ("orders.csv", ORDERS), ("roster.csv", ROSTER)):
        month.write(file, text)
    for column in range(len(layout.header)):
        rows = Dress(number=lambda text, n=column: f"{text}{n:02}").grid(layout)
        rows[-1][column] = "不是"
        month.write(f"{column:02}.csv", delimited(rows))
    table = next(iter(layout.tables))
    read = [e for e in month.read(shop=SHOP).inputs if (e.format, e.table) == (layout.format, table)]
    assert len(read) == len(layout.header)
    for entry in read:
        assert entry.rows_in == len(layout.rows), entry
        assert entry.rows_used >= len(layout.rows) - len(layout.rejected) - 1, entry


# ------------------------------------------------------------------------------------------ large, deep, swelling
@pytest.mark.parametrize("depth", [100, 900, 1_000, 100_000])
def test_deep_nesting(depth, tmp_path):
    for at, data in enumerate(fuzzing_json.nested(depth)):
        for name in ("深.json", "深.jsonl"):
            for text in (data, data + b"\n" + data):
                attempt(tmp_path, f"{at}{name}", text, f"nested {depth} {at}", Tried())


@pytest.mark.parametrize("name", [name for name in SEEDS if name.endswith((".csv", ".xlsx"))])
@pytest.mark.parametrize("size", [pytest.param(1 << 20), pytest.param(10 << 20, marks=pytest.mark.heavy)])
def test_a_large_cell(name, size, tmp_path):
    seed, r = SEEDS[name], random.Random(SEED)
    rows = fuzzing.big_cell(size)(r, seed.content)
    attempt(tmp_path, name, fuzzing.written(r, seed, rows), f"{name} cell of {size}", Tried())


BOOK = "taobao orders 2018.xlsx"


@pytest.mark.parametrize("part", [fuzzing.SHEET, fuzzing.STRINGS])
def test_a_small_workbook_that_swells(part, tmp_path):
    seed = SEEDS[BOOK]
    data = fuzzing.bomb(fuzzing.as_xlsx(seed.content, random.Random(1)), part, BOMB)
    assert len(data) < 2 << 20
    tried = Tried()
    attempt(tmp_path, BOOK, data, f"bomb in {part}", tried)
    assert tried.refused == 1


@pytest.mark.parametrize("where", fuzzing.FAR)
def test_a_cell_in_the_far_corner(where, tmp_path):
    seed, tried, r = SEEDS[BOOK], Tried(), random.Random(0)
    parts = fuzzing.parts_of(fuzzing.as_xlsx(seed.content, r))
    fuzzing.far_cell(r, parts, where)
    attempt(tmp_path, BOOK, fuzzing.packed(parts), f"far cell {where}", tried)
    assert tried.refused == (where != "XFD2")
