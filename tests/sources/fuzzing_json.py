"""Ways to damage JSON, each a pure function of a random generator."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

ODD_VALUES: list[Any] = [
    None, True, 0, -1, 10**30, 10**4_200, 1e308, -1e-9, 1790000000, 1790000000000, 10**17, float("nan"), float("inf"),
    "", "x", "\0", "\u202e\u200b", "9" * 5_000, " " * 20_000, [], {}, [[]], {"": {}}, [None], {"msg": None},
    "2026-13-01", "甲" * 5_000, "\ud800",
]  # fmt: skip


def _nodes(node: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        found.append((node, key))
        _nodes(value, found)
    return found


def odd_document(r: random.Random, documents: list[Any]) -> list[Any]:
    """Wrong types, lists of one as objects and the other way round, keys gone, lists repeated."""
    documents = json.loads(json.dumps(documents))
    for _ in range(r.randint(1, 4)):
        places = _nodes(documents, [])
        if not places:
            break
        holder, key = r.choice(places)
        value, what = holder[key], r.randrange(8)
        if what == 0 and isinstance(holder, dict):
            del holder[key]
        elif what == 1 and isinstance(value, list) and value:
            holder[key] = value[0]
        elif what == 2:
            holder[key] = [value]
        elif what == 3 and isinstance(value, list):
            holder[key] = [deepcopy(v) for v in value * 3]
        elif what == 4:
            holder[key] = str(value)
        elif what == 5:
            holder[key] = f"@deep{r.choice([5, 50, 500, 900, 950, 980, 2_000])}@"
        elif what == 6 and isinstance(value, list):
            value[r.randint(0, len(value)) :] = [deepcopy(r.choice(ODD_VALUES))]
        else:
            holder[key] = deepcopy(r.choice(ODD_VALUES))
    return documents


def as_json(documents: list[Any], name: str, ascii_only: bool = False) -> bytes:
    """One a line or one whole, characters as such or as ``\\u…``."""
    if name.endswith(".jsonl"):
        text = "".join(json.dumps(d, ensure_ascii=ascii_only) + "\n" for d in documents)
    else:
        whole = documents[0] if len(documents) == 1 else documents
        text = json.dumps(whole, ensure_ascii=ascii_only, indent=1)
    text = re.sub('"@deep(\\d+)@"', lambda m: "[" * int(m[1]) + "]" * int(m[1]), text)
    return text.encode("utf-8", "surrogatepass")


def nested(depth: int) -> list[bytes]:
    deep = b'{"response":' * depth + b"1" + b"}" * depth
    return [
        b"[" * depth,
        b"[" * depth + b"]" * depth,
        deep,
        b'{"request":{"from_id":' + b"[" * depth + b"]" * depth + b"}}",
    ]


def odd_keys(r: random.Random, data: bytes) -> bytes:
    """A key that comes twice in its object, or one that is another's."""
    keys = re.findall(rb'"[^"\\]*":', data)
    if not keys:
        return data
    key = r.choice(keys)
    if r.random() < 0.5:
        return data.replace(key, key + b' "x", ' + key, r.randint(1, 3))
    return data.replace(key, r.choice([*keys, b'"":', b'"\\u0000":', b'"__proto__":']), r.randint(1, 3))


def rows_of(documents: list[Any]) -> list[Any]:
    """The longest list of objects in documents: the rows that they hold."""
    lists = [value for holder, key in _nodes(documents, []) if isinstance(value := holder[key], list)]
    return max((x for x in lists if x and all(isinstance(v, dict) for v in x)), key=len)


def each_place(documents: list[Any], values: list[Any]) -> Iterator[list[Any]]:
    """Copies of the documents with one of the values in one place after another."""
    for at in range(len(_nodes(documents, []))):
        copy = json.loads(json.dumps(documents))
        holder, key = _nodes(copy, [])[at]
        holder[key] = deepcopy(values[at % len(values)])
        yield copy
