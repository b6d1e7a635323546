"""The demo month as canonical tables (SPEC §2): what a perfect reader makes of the exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from evaluator.demo.people import ROBOT, SHOP, roster_rows
from evaluator.demo.story import Story
from evaluator.demo.trade_files import exported, newer_status, stamp, yuan

ROSTER_COLUMNS = ("account", "employee_id", "name", "group", "role", "from", "to", "base_salary", "hired")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """UTF-8, LF, cells quoted where they must be."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8"))


def write_tables(folder: Path, story: Story, *, known_buyers: bool) -> None:
    """messages, orders, order_items, refunds, ratings, online, roster as csv.

    ``known_buyers``: false, every nick as the exports show it (masked, or none in the newer order export);
    true, every row with the buyer it really is of, as no export tells."""
    _messages(folder, story, known_buyers)
    _orders(folder, story, known_buyers)
    _refunds(folder, story)
    masks = {} if known_buyers else story.rating_masks
    write_csv(
        folder / "ratings.csv",
        ("shop", "buyer", "account", "ts", "score", "source", "sent"),
        (
            (
                SHOP,
                masks.get(r.buyer, r.buyer),
                r.account,
                stamp(r.ts),
                str(r.score),
                "robot" if r.account == ROBOT else "human",
                stamp(r.sent),
            )
            for r in story.ratings
        ),
    )
    write_csv(
        folder / "online.csv",
        ("account", "ts", "event"),
        ((e.account, stamp(e.ts), e.event) for e in story.online),
    )
    write_csv(folder / "roster.csv", ROSTER_COLUMNS, roster_rows(story.calendar))


def _messages(folder: Path, story: Story, known_buyers: bool) -> None:
    header = ("shop", "buyer", "account", "sender", "ts", "text", "kind", "auto", "order_id", "to_account")
    write_csv(
        folder / "messages.csv",
        header,
        (
            (
                SHOP,
                m.buyer if known_buyers else m.shown_buyer,
                m.account,
                m.sender,
                stamp(m.ts),
                m.text,
                m.kind,
                "true" if m.auto else "",
                m.order_id,
                m.to_account,
            )
            for m in story.messages
        ),
    )


def _orders(folder: Path, story: Story, known_buyers: bool) -> None:
    nameless_from = story.calendar.no_buyer_from
    header = (
        "shop",
        "order_id",
        "buyer",
        "created",
        "paid",
        "amount",
        "postage",
        "quantity",
        "status",
        "memo",
    )
    rows = []
    for order in story.orders:
        newer = order.created.date() >= nameless_from
        shown = "" if newer else order.shown_buyer
        at = exported(story, order)
        buyer = order.buyer if known_buyers else shown
        rows.append(
            (
                SHOP,
                order.order_id,
                buyer,
                stamp(order.created),
                stamp(order.paid),
                yuan(order.amount),
                yuan(order.postage),
                str(order.quantity),
                newer_status(order, at) if newer else order.status(at),
                order.memo,
            )
        )
    write_csv(folder / "orders.csv", header, rows)
    write_csv(
        folder / "order_items.csv",
        ("order_id", "sku", "title", "quantity", "amount"),
        (
            (o.order_id, line.good.sku, line.good.title, str(line.quantity), yuan(line.amount))
            for o in story.orders
            for line in o.lines
        ),
    )


def _refunds(folder: Path, story: Story) -> None:
    """All that were applied for; withdrawn and refused ones never completed."""
    header = (
        "refund_id",
        "order_id",
        "applied",
        "completed",
        "amount",
        "kind",
        "stage",
        "by_seller",
        "dispute",
        "seller_fault",
        "account",
    )
    rows = []
    for order in story.orders:
        refund = order.refund
        if refund is None:
            continue
        done = refund.state == "done"
        by_seller = done and not refund.dispute
        rows.append(
            (
                refund.refund_id,
                order.order_id,
                stamp(refund.applied),
                stamp(refund.completed if done else None),
                yuan(refund.amount),
                refund.kind,
                refund.stage,
                _flag(by_seller),
                _flag(refund.dispute),
                _flag(refund.seller_fault),
                refund.staff or "",
            )
        )
    write_csv(folder / "refunds.csv", header, sorted(rows, key=lambda row: (row[2], row[0])))


def _flag(value: bool) -> str:
    return "true" if value else "false"
