"""A demo month of an invented tea-ware shop, in the real formats of a Tmall shop's exports.

One seed gives the same bytes on every machine. Nothing in it is real: the shop, its staff, its buyers, every
sentence and every order are made up here."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from evaluator.demo.canonical_files import write_tables
from evaluator.demo.chat_files import write_platform
from evaluator.demo.month import tell
from evaluator.demo.people import Calendar
from evaluator.demo.shop_files import write_roster, write_shop_files
from evaluator.demo.trade_files import write_trade

START = date(2026, 10, 1)


def write_demo(folder: Path, seed: int = 2026, days: int = 31, start: date = START) -> None:
    """Write the month ``[start, start + days)`` to ``folder`` as a shop would hand it over: order, item and
    refund exports, chat logs, ratings, on-line log, roster, attendance, labels, period.yaml and plan.yaml.

    ``folder`` is made; one that is there must be empty (FileExistsError). ``days`` is at least 3
    (ValueError)."""
    calendar = _prepare(folder, days, start)
    story, by_hand = tell(calendar, seed)
    write_trade(folder, story)
    write_platform(folder, story)
    write_roster(folder, calendar)
    write_shop_files(folder, story, by_hand)


def write_canonical(
    folder: Path, seed: int = 2026, days: int = 31, start: date = START, *, known_buyers: bool = False
) -> None:
    """Write the same month as canonical csv tables: what a perfect reader makes of ``write_demo``'s files.

    ``known_buyers``: with the buyer of every order and chat, also where the exports mask or leave out his
    nick. Errors as for ``write_demo``."""
    calendar = _prepare(folder, days, start)
    story, by_hand = tell(calendar, seed)
    write_tables(folder, story, known_buyers=known_buyers)
    write_shop_files(folder, story, by_hand)


def _prepare(folder: Path, days: int, start: date) -> Calendar:
    if days < 3:
        raise ValueError(f"days is {days}; a demo month has at least 3")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    return Calendar(start, days)
