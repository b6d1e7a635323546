"""Talk of a platform's export as it was read, compared with a canonical file of the same talk."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import polars as pl

AT = datetime(2026, 10, 2, 9)
COLUMNS = ("shop", "buyer", "account", "sender", "ts", "text", "kind", "order_id")


def at(minute: int, second: int = 0) -> datetime:
    return AT.replace(minute=minute, second=second)


def dump(document: object) -> str:
    return json.dumps(document, ensure_ascii=False)


def ms(when: datetime) -> int:
    """Epoch milliseconds of a Beijing time."""
    return int(when.replace(tzinfo=timezone(timedelta(hours=8))).timestamp() * 1000)


def chats(month, **settings):
    """Messages that do not come from messages.csv, and the month."""
    got = month.read(**settings)
    messages = got.tables["messages"]
    ours = [i for i, entry in enumerate(got.inputs) if not entry.format.startswith("canonical")]
    found = messages.filter(messages["_file"].is_in(ours)).select(*COLUMNS).rows()
    if found:
        same_as_canonical(month, found)
    return found, got


def table(month, name, *columns):
    got = month.read()
    return got.tables[name].select(*columns).rows(), got


def same_as_canonical(month, found) -> None:
    """The talk gives what a canonical file of it gives."""
    made = pl.DataFrame(
        found, schema=dict.fromkeys(COLUMNS, pl.String()) | {"ts": pl.Datetime("ms")}, orient="row"
    )
    other = type(month)(month.folder.parent / f"{month.folder.name}_canonical")
    other.write("messages.csv", made.write_csv()).write(
        "orders.csv", (month.folder / "orders.csv").read_bytes()
    )
    other.write("roster.csv", (month.folder / "roster.csv").read_bytes())
    assert other.read().tables["messages"].select(*COLUMNS).rows() == found
