"""What can be said only when all files have been read: the shop of exports that name none, accounts behind
numeric ids, robots, and the orders that chats name (SPEC §2, §2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from evaluator.model import EvaluatorError, InputFile, ReviewItem
from evaluator.names import Names
from evaluator.sources import mapping
from evaluator.sources.ordernumbers import name_orders

if TYPE_CHECKING:
    from evaluator.settings import MonthConfig

CHATS = frozenset(
    {"taobao_chatlog", "qianniu_chat", "qianniu_web", "qianniu_web_book", "qianniu_im", "openim"}
    | {"jd_im", "pdd_chat", "uneed"}
)
EVALS = frozenset({"taobao_kefueval", "taobao_evals", "jd_im", mapping.FORMAT})
ONLINE = frozenset({"taobao_online"})
OF_SHOPS = ("ratings", "escalations", "reviews", "shipments")
OF_STAFF = ("ratings", "refunds", "escalations", "service_orders", "work_orders", "surveys")
SHOP_UNKNOWN = (
    "表 {table} 里的店铺 {names} 在聊天和订单里都没有（{n} 行），不算进本月的店铺；"
    "如果是同一个店铺的不同叫法，请写进 period.yaml 的 settings.shop_alias"
)
ACCOUNT_UNKNOWN = (
    "表 {table} 里的账号 {names} 在花名册和聊天里都没有（{n} 行），不算给任何员工；"
    "如果是本店的客服，请在花名册补上"
)
TEXTS = CHATS | {mapping.FORMAT}  # whose texts are looked into for orders


def shop_of(rel: str, config: MonthConfig, named: set[str]) -> str:
    """The shop of a file that names none: the ``shop`` setting, the one key of ``platform``, the only shop
    that other files name; with several, the shop called like one of the file's sub-folders."""
    alias = config.settings.shop_alias
    known = set(config.shops) or named
    for name in reversed(rel.split("/")[:-1]):
        folder = name if alias.get(name, name) in known else name.removesuffix(".zip")
        if alias.get(folder, folder) in known:
            return alias.get(folder, folder)
    if config.shop:
        return config.shop
    if len(known) == 1:
        return next(iter(known))
    raise EvaluatorError(
        f"{rel}：这份导出没有写店铺，也看不出属于本月的哪个店铺；"
        "请在 period.yaml 写 shop:，或把文件放进以店铺命名的子文件夹"
    )


def finish(
    tables: dict[str, pl.DataFrame],
    inputs: list[InputFile],
    accounts: dict[str, str],
    review: list[ReviewItem],
    names: Mapping[str, Names],
) -> dict[str, pl.DataFrame]:
    """The tables with numeric accounts named, robots' messages and ratings marked as such, and the orders
    that platform chats name filled in. Canonical files are taken as they stand."""
    done = dict(tables)
    robots = robot_days(tables["roster"])
    chats = _files(inputs, CHATS)
    messages = mark_robots(tables["messages"], chats, robots, "sender", "agent")
    review += shops_apart(tables["messages"], tables["orders"])
    done["messages"] = name_orders(messages, _files(inputs, TEXTS), tables["orders"], names["order_id"])
    if "refunds" in tables:
        review += refunds_repeated(tables["refunds"])
    if "ratings" in tables:
        done["ratings"] = mark_robots(tables["ratings"], _files(inputs, EVALS), robots, "source", "human")
    if "peers" in tables:
        review += peers_repeated(tables["peers"])
    if "online" in tables:
        done["online"] = name_accounts(tables["online"], _files(inputs, ONLINE), accounts, review)
    review += strangers(done)
    return done


def shops_apart(messages: pl.DataFrame, orders: pl.DataFrame) -> list[ReviewItem]:
    """A chat carries the main account's nick, an order the shop's title: where they differ nothing joins,
    unless ``shop_alias`` says that they are one."""
    chats, sold = (sorted(frame["shop"].unique()) for frame in (messages, orders))
    if not sold or not set(chats).isdisjoint(sold):
        return []
    told = f"聊天里的店铺（{'、'.join(chats[:5])}）与订单里的（{'、'.join(sold[:5])}）没有一个相同，"
    told += "任何订单都归不到人；如果是同一个店铺的不同叫法，请写进 period.yaml 的 settings.shop_alias"
    return [ReviewItem("source_note", "shop", told)]


def strangers(tables: dict[str, pl.DataFrame]) -> list[ReviewItem]:
    """Shops and accounts of other tables that nothing else knows: their rows are read, and count for no one."""
    shops = set(tables["messages"]["shop"].unique()) | set(tables["orders"]["shop"].unique())
    staff = set(tables["messages"]["account"].unique()) | set(tables["roster"]["account"])
    notes = []
    for column, table, known, told in (
        *(("shop", name, shops, SHOP_UNKNOWN) for name in OF_SHOPS),
        *(("account", name, staff, ACCOUNT_UNKNOWN) for name in OF_STAFF),
    ):
        if table in tables:
            left = tables[table][column].drop_nulls().value_counts().sort(column)
            rows = [(name, n) for name, n in left.iter_rows() if name not in known]
            names = "、".join(name for name, _ in rows[:5]) + (f" 等 {len(rows)} 个" if len(rows) > 5 else "")
            count = sum(n for _, n in rows)
            detail = told.format(table=table, names=names, n=count)
            notes += [ReviewItem("source_note", table, detail, count)] if rows else []
    return notes


def refunds_repeated(refunds: pl.DataFrame) -> list[ReviewItem]:
    """Refund numbers that stand more than once, as overlapping exports make them: every row counts (SPEC §1
    knows repeats of messages and orders only), so a person must look."""
    again = refunds.filter(pl.col("refund_id").is_duplicated())["refund_id"].unique().sort().to_list()
    if not again:
        return []
    told = f"{len(again)} 个退款编号出现不止一次（例如 {'、'.join(again[:3])}），"
    told += "每一行都计入；请去掉重复的导出"
    return [ReviewItem("source_note", "refunds", told, len(again))]


def peers_repeated(peers: pl.DataFrame) -> list[ReviewItem]:
    """同行 figures that stand more than once, as reports of several days make them: ``peers`` has no day. Those without
    a percentile are one shop each, so they may."""
    placed = peers.filter(pl.col("percentile").is_not_null())
    again = (
        placed.filter(pl.struct("metric", "percentile").is_duplicated())["metric"].unique().sort().to_list()
    )
    if not again:
        return []
    told = f"同行数据里 {'、'.join(again[:5])} 出现不止一次（例如几天的报表）；"
    told += "请只保留一份覆盖本期的报表，或核对后自己写 peers.csv"
    return [ReviewItem("source_note", "peers", told, len(again))]


def _files(inputs: list[InputFile], formats: frozenset[str]) -> list[int]:
    return [at for at, entry in enumerate(inputs) if entry.format in formats]


def robot_days(roster: pl.DataFrame) -> pl.DataFrame:
    """account, from, to of the roster's robots."""
    return roster.filter(pl.col("role") == "robot").select("account", "from", "to")


def mark_robots(
    frame: pl.DataFrame, files: list[int], robots: pl.DataFrame, column: str, human: str
) -> pl.DataFrame:
    """``column`` = robot where it says ``human`` and the account is a robot's on that day (platform answers
    do not tell the two apart)."""
    if not files or robots.is_empty():
        return frame
    is_robot = pl.lit(False)
    day = pl.col("ts").dt.date()
    for account, start, end in robots.iter_rows():
        held = pl.col("account") == account
        held = held & (day >= start) if start else held
        held = held & (day <= end) if end else held
        is_robot = is_robot | held
    ours = pl.col("_file").is_in(files) & (pl.col(column) == human) & is_robot
    marked = pl.when(ours).then(pl.lit("robot")).otherwise(pl.col(column))
    return frame.with_columns(marked.cast(frame.schema[column]).alias(column))


def name_accounts(
    online: pl.DataFrame, files: list[int], accounts: dict[str, str], review: list[ReviewItem]
) -> pl.DataFrame:
    """Numeric accounts by their names; numbers that nothing names are told in 待核."""
    if not files:
        return online
    ours = pl.col("_file").is_in(files)
    named = online.with_columns(
        pl.when(ours).then(pl.col("account").replace(accounts)).otherwise(pl.col("account")).alias("account")
    )
    left = named.filter(ours & pl.col("account").str.contains(r"^\d+$"))["account"]
    for number, count in left.value_counts().sort("account").iter_rows():
        told = f"在线日志里的账号 {number} 没有对应的子账号名；请把子账号列表一并放进来"
        review.append(ReviewItem("source_note", number, told, count))
    return named
