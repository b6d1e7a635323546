"""The orders that the texts of chats name (SPEC §2: a buyer may be known by "the order number that the chat itself
names").

A number that is an order of the chat's shop counts wherever it stands by itself, with no further letter or digit
beside it. After a word for an order ("订单号", also in cards) a number that looks like one counts even where the order
is not in the data. Numbers in links to goods are none, and neither are bare numbers that are no order of the shop: item
ids have twelve digits, telephones eleven. Full-width digits, letters and colons are read as half-width ones."""

from __future__ import annotations

import polars as pl

from evaluator.names import Names

FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
DIGITS = (
    r"[0-9０-９]{9}"  # order numbers of every platform have so many digits in a row; prices and dates do not
)
WORD = r"订单(?:编号|号码|号)"
GAP = r"[\s:=是为]*"
LONG = r"[0-9]{6}-[0-9]{9,18}|[0-9]{16,20}|[Pp][0-9]{12,20}"  # 拼多多; 淘宝, 抖店, 1688; 小红书
SHORT = r"[0-9]{9,15}"  # JD; only after the whole word, for "订单 13800000000" is about a telephone
AFTER_WORD = rf"(?:{WORD}{GAP}(?P<any>{LONG}|{SHORT})|订单{GAP}(?P<long>{LONG}))(?:[^0-9]|$)"
GOODS_LINK = r"(?:item|detail)\.(?:[0-9a-z]+\.)+com[0-9A-Za-z./?=&%_#:-]*"
NUMBER = r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*"


def name_orders(
    messages: pl.DataFrame, files: list[int], orders: pl.DataFrame, numbers: Names
) -> pl.DataFrame:
    """``order_id`` (places in ``numbers``) of the messages of ``files`` from their texts, where no source gave one: the
    first number that is an order of the shop, else the first that stands after a word for an order."""
    if not files:
        return messages
    rows = _candidates(messages, files)
    if rows.is_empty():
        return messages
    named = rows.join(_known(rows, orders), on="_at", how="left").select(
        "_at", pl.coalesce("order_id", _after_word()).alias("order_id")
    )
    named = named.drop_nulls("order_id")
    shops = rows["shop"].gather(rows["_at"].search_sorted(named["_at"]))
    return messages.with_columns(
        messages["order_id"].scatter(named["_at"], numbers.add(shops, named["order_id"]))
    )


def _candidates(messages: pl.DataFrame, files: list[int]) -> pl.DataFrame:
    """The few rows that may name an order: ``_at`` (place in ``messages``), ``shop``, ``text`` in half-width signs."""
    ours = pl.col("_file").is_in(files) & pl.col("order_id").is_null()
    return (
        messages.lazy()
        .select("shop", "text", "order_id", "_file")
        .with_row_index("_at")
        .filter(ours & pl.col("text").str.contains(DIGITS))
        .select("_at", pl.col("shop").cast(pl.String), pl.col("text").str.replace_many(FULL_WIDTH))
        .collect()
    )


def _known(rows: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """``_at`` → the first number in the text that is an order of the shop."""
    whole = pl.col("text").str.replace_all(GOODS_LINK, " ").str.extract_all(NUMBER)
    written = rows.lazy().select("_at", "shop", whole.alias("number")).explode("number").drop_nulls("number")
    written = written.filter(pl.col("number").str.contains(DIGITS)).with_row_index("n")
    parts = written.filter(pl.col("number").str.contains("-", literal=True)).with_columns(
        pl.col("number").str.split("-")
    )
    numbers = pl.concat([written, parts.explode("number")]).with_columns(pl.col("number").str.to_uppercase())
    ours = orders.lazy().select("shop", pl.col("order_id").str.to_uppercase().alias("number"), "order_id")
    return (
        numbers.join(ours.unique(["shop", "number"]), on=["shop", "number"])
        .group_by("_at")
        .agg(pl.col("order_id").sort_by("n").first())
        .collect()
    )


def _after_word() -> pl.Expr:
    """The first number after a word for an order, whether or not the order is known."""
    found = pl.col("text").str.extract_groups(AFTER_WORD)
    return pl.coalesce(found.struct.field("any"), found.struct.field("long"))
