"""Whatever happens to a file: rows are conserved, and nothing but EvaluatorError is raised."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from conftest import MESSAGES, ORDERS, ROSTER, Month
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.model import EvaluatorError

MORE = MESSAGES + (
    '甲店,b2,甲店:小一,buyer,2026-10-02 09:00:00,"引号"",\n换行"\n'
    "甲店,b2,,system,2026/10/2 9:01,转接\n乙店,b3,甲店:小一,robot,2026-10-02 23:59:59.999,=1+1\n"
)
TABLES = {"messages.csv": MORE, "orders.csv": ORDERS, "roster.csv": ROSTER}
BITS = [
    '"',
    "\0",
    "\n",
    "\r",
    ",",
    "\t",
    ";",
    "\ufeff",
    "2026-13-45 99:99:99",
    "NaN",
    "-",
    "'",
    '="',
    "1E+17",
    "\u2028",
]

operation = st.one_of(
    st.tuples(st.just("cut"), st.integers(0, 400)),
    st.tuples(st.just("insert"), st.integers(0, 400), st.sampled_from(BITS)),
    st.tuples(st.just("bytes"), st.integers(0, 400), st.binary(min_size=1, max_size=3)),
    st.tuples(st.just("shuffle"), st.integers(0, 1000)),
    st.tuples(st.just("repeat"), st.integers(0, 5)),
    st.tuples(st.just("encode"), st.sampled_from(["utf-16", "gb18030", "utf-8-sig", "utf-16-le"])),
)


def mutate(data: bytes, step: tuple) -> bytes:
    kind, *rest = step
    if kind == "cut":
        return data[: rest[0]]
    if kind == "insert":
        return data[: rest[0]] + rest[1].encode() + data[rest[0] :]
    if kind == "bytes":
        return data[: rest[0]] + rest[1] + data[rest[0] + len(rest[1]) :]
    text = data.decode("utf-8", "replace")
    if kind == "shuffle":
        rows = [row.split(",") for row in text.split("\n")]
        order = list(range(len(rows[0])))
        random.Random(rest[0]).shuffle(order)
        return "\n".join(
            ",".join(row[i] for i in order) if len(row) == len(order) else ",".join(row) for row in rows
        ).encode()
    if kind == "repeat":
        rows = text.split("\n")
        return "\n".join([*rows, *rows[1 : 1 + rest[0]]]).encode()
    return text.encode(rest[0])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TABLES)), st.lists(operation, min_size=1, max_size=4))
def test_mutated_files(name, steps):
    data = TABLES[name].encode()
    for step in steps:
        data = mutate(data, step)
    with tempfile.TemporaryDirectory() as folder:
        month = Month(Path(folder))
        for other, text in TABLES.items():
            month.write(other, text)
        month.write(name, data)
        try:
            month.read()  # asserts that rows are conserved
        except EvaluatorError as error:
            assert str(error)
