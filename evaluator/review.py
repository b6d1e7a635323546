"""待核: everything that a person must look at before people are paid (SPEC §10, and "reported" wherever it says so)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from evaluator import links
from evaluator.ads.told import told
from evaluator.alike import parts_alike
from evaluator.buyers import with_codes
from evaluator.filters import BuyerLists, filter_counts
from evaluator.kernel import Facts
from evaluator.metrics.monthfacts import PeriodView
from evaluator.metrics.table import Kpi
from evaluator.model import MonthData, ReviewItem
from evaluator.nicks import shown
from evaluator.pay import Pay
from evaluator.prepare import Bucket
from evaluator.roster import Roster
from evaluator.rulebook import label
from evaluator.scoring import Scores
from evaluator.shelf import slices
from evaluator.sources.column_words import spoken

CODE_WORD_SHARE = 0.05  # above this share of an agent's receptions the filter looks like a game
MOST_NAMED = 200  # items of one kind that are named one by one


def gather_review(
    month: MonthData,
    bucket: Bucket,
    facts: Facts,
    view: PeriodView,
    linked: pl.DataFrame,
    lists: BuyerLists,
    roster: Roster,
    kpi: Kpi,
    scores: Scores,
    pay: Pay,
) -> list[ReviewItem]:
    """All of it, in the order of the data's way through the house. ``linked``: of ``links.order_links``."""
    return [
        *month.config.review,
        *month.review,
        *rejected(month),
        *_same_files(month),
        *_empty_period(facts, view),
        *roster.overlaps(),
        *_part_months(month, view),
        *_changed(month, roster, view),
        *_unbound(bucket, facts),
        *_ambiguous(bucket, facts, view),
        *_unlinked(linked),
        *_joins(month, bucket),
        *_refunds(month),
        *_online(view),
        *_labels(month, bucket),
        *_ads(month, bucket, lists),
        *_filtered(month, facts),
        *_code_word(bucket, facts, view),
        *_immature(kpi),
        *scores.review,
        *pay.review,
    ]


def rejected(month: MonthData) -> list[ReviewItem]:
    """By file, column and reason, with the first row of each."""
    rows: dict[tuple[str, str, str], list[int]] = {}
    for r in month.rejects:
        rows.setdefault((r.file, r.why, r.column), []).append(r.row)
    return [
        ReviewItem(
            "rejected",
            file,
            f"{file} 有 {len(found)} 行未采用：{f'{spoken(column)} ' if column else ''}{REASONS.get(why, why)}"
            f"（{'例如' if len(found) > 1 else ''}第 {found[0]} 行数据）",
            len(found),
        )
        for (file, why, column), found in sorted(rows.items())
    ]


REASONS = {
    "duplicate": "与前面文件中的行完全相同（重复导出）",
    "superseded": "同一订单号有更新的一行，以后者为准",
}


def _unbound(bucket: Bucket, facts: Facts) -> list[ReviewItem]:
    unbound = bucket.bindings.filter(~pl.col("bound") & ~pl.col("robot_acct"))
    days = unbound.group_by("account").agg(
        pl.len().alias("days"),
        pl.col("day").min().cast(pl.Date).alias("first"),
        pl.col("day").max().cast(pl.Date).alias("last"),
    )
    codes = bucket.codes.agent_code()
    people = facts.receptions.lazy().filter("consult").group_by("a").len()
    consults = dict(people.collect().iter_rows())
    items = []
    for account, n, first, last in days.sort("account").iter_rows():
        asked = consults.get(codes.get(account, -1), 0)
        when = f"{first} 至 {last} 间 {n} 天有消息，{asked} 次咨询"
        detail = f"账号 {account} 在花名册里没有对应的员工（{when}），其业绩不计薪；请在花名册补一行"
        items.append(ReviewItem("unbound_account", account, detail, asked))
    return items


def _same_files(month: MonthData) -> list[ReviewItem]:
    """Two files with the same bytes: rows of messages are caught one by one, those of other tables count twice."""
    first: dict[tuple[str, str], str] = {}
    items = []
    for f in month.inputs:
        other = first.setdefault((f.table, f.sha256), f.file)
        if other != f.file and f.rows_used and f.table not in ("", "messages", "orders"):
            told = f"{f.file} 与 {other} 内容完全相同，其 {f.rows_used} 行被计了两次；若是重复导出，请移走一个再算"
            items.append(ReviewItem("same_file", f.file, told, f.rows_used))
    return items


def _empty_period(facts: Facts, view: PeriodView) -> list[ReviewItem]:
    bought = view.inside("created_day") | view.inside("paid_day").fill_null(False)
    talked = facts.receptions.select(view.inside().any()).item()
    ordered = facts.orders.select(bought.any()).item()
    if talked and ordered:
        return []
    what = "消息和订单" if not talked and not ordered else "消息" if not talked else "订单"
    start, end = view.month.config.start, view.month.config.end
    told = f"期间 {start} 至 {end}（不含）里没有任何{what}；请核对 period.yaml 的日期和放进来的文件"
    return [ReviewItem("empty_period", what, told)]


def _part_months(month: MonthData, view: PeriodView) -> list[ReviewItem]:
    """Employees whom the roster binds for a part of the period only, and whose attendance nobody gave."""
    attended = month.tables["attendance"]["employee_id"].to_list() if "attendance" in month.tables else []
    items = []
    for employee_id, profile in view.profiles.items():
        if profile.part and not profile.is_robot and employee_id not in attended:
            when = f"{profile.part[0]} 至 {profile.part[1]}"
            told = f"{profile.name}（{employee_id}）本期只在 {when} 在册，又没有考勤行：底薪和绩效基数按整期计，请核对"
            items.append(ReviewItem("part_month", employee_id, told))
    return items


def _changed(month: MonthData, roster: Roster, view: PeriodView) -> list[ReviewItem]:
    """Employees whose group, role or salary changes within the period: their last row holds for all of it (SPEC §1)."""
    start, last = month.config.start, month.config.end - timedelta(days=1)
    held = roster.rows.filter((pl.col("from") <= last) & (pl.col("to") >= start)).sort("from", "_order")
    items = []
    for employee_id, profile in view.profiles.items():
        rows = held.filter(pl.col("employee_id") == employee_id)
        if profile.is_robot or rows.select("group", "role", "base_salary").n_unique() == 1:
            continue
        told = "，".join(
            f"{max(r['from'], start)} 起 {r['group'] or '无组'} {r['role']}"
            for r in rows.iter_rows(named=True)
        )
        detail = f"{profile.name}（{employee_id}）本期换过组、岗位或底薪（{told}）"
        detail += "：整期按最后一行计分、计薪；如需分段，请写进 adjustments"
        items.append(ReviewItem("profile_changed", employee_id, detail))
    return items


def _ambiguous(bucket: Bucket, facts: Facts, view: PeriodView) -> list[ReviewItem]:
    """Who and what may be of several buyers: nicks, orders, open ids. A month of masked nicks may have millions."""
    identities = bucket.identities
    chats = identities.ambiguous_chats()
    count, orders = _ambiguous_orders(facts, view)
    torn, ids = identities.torn_open_ids(MOST_NAMED)
    first = chats.head(MOST_NAMED)
    nicks = pl.DataFrame(identities.nicks.known.named(first["n"], "buyer")).with_columns(first["days"])
    items = [
        ReviewItem(
            "ambiguous_buyer",
            f"{shop} / {buyer}",
            f"店铺 {shop} 的脱敏昵称 {buyer} 可能是多位顾客（{n} 天的聊天），不凭昵称与任何订单相连",
            n,
        )
        for shop, buyer, n in nicks.iter_rows()
    ]
    items += [
        ReviewItem(
            "ambiguous_buyer",
            order_id,
            f"店铺 {shop} 的订单 {order_id}（{state}）{_several(buyer)}，程序没有判给任何客服",
        )
        for shop, order_id, buyer, state in orders.iter_rows()
    ]
    return _capped([*items, *_torn(ids)], "ambiguous_buyer", chats.height + count + torn)


def _ambiguous_orders(facts: Facts, view: PeriodView) -> tuple[int, pl.DataFrame]:
    """How many; shop, order_id, buyer, state of the first ones. Those paid in the period, not excluded and
    not given to anybody by a dispute are the ones that ``links.warning`` counts."""
    state = (
        pl.when(pl.col("excluded").is_not_null())
        .then(pl.lit("不计的订单"))
        .when(pl.col("paid_day").is_null())
        .then(pl.lit("未付款"))
        .when(pl.col("credited").is_not_null())
        .then(pl.lit("经异议改判给了客服"))
        .when(view.inside("paid_day"))
        .then(pl.lit("本期付款"))
        .otherwise(pl.lit("付款日不在本期"))
    )
    keys = ["shop", "order_id"]
    told = facts.orders.select(*keys, "buyer", "link", "excluded", "paid_day", "credited")
    count, first = 0, told.clear().select(*keys, "buyer", state.alias("state"))
    for _, part in slices(told, view.month.shelf.limits.slice_rows):
        found = part.filter(pl.col("link") == "ambiguous").select(*keys, "buyer", state.alias("state"))
        count += found.height
        first = pl.concat([first, found]).sort(keys).head(MOST_NAMED)
    return count, first


def _several(buyer: str | None) -> str:
    """Why an order is ambiguous."""
    return f"买家 {buyer} 脱敏后对应多位顾客" if buyer else "所属的 open id 名下有多位买家"


def _torn(ids: pl.DataFrame) -> Iterator[ReviewItem]:
    """Open ids (shop, open_id, names) under which several buyers stand: they say nothing."""
    for shop, open_id, names in ids.iter_rows():
        told = f"店铺 {shop} 的 open id {open_id} 名下有多位买家（{'、'.join(names)}），不能据以认人；请核对导出的数据"
        yield ReviewItem("ambiguous_buyer", open_id, told)


def _unlinked(linked: pl.DataFrame) -> list[ReviewItem]:
    """Orders whose buyer nobody knows: silent, but told (SPEC §2)."""
    return [
        ReviewItem(
            "unlinked_order", shop, f"店铺 {shop}：{links.warning(of_shop)}", int(of_shop["orders"].sum())
        )
        for (shop,), of_shop in links.unclaimed(linked).group_by("shop", maintain_order=True)
    ]


def _joins(month: MonthData, bucket: Bucket) -> list[ReviewItem]:
    """Refunds and items that join no order, or orders of several shops."""
    items: list[ReviewItem] = []
    for table, kind, what, counted in (
        (
            "refunds",
            "refund_unmatched",
            "退款",
            "未计入指标；订单若属账本里已锁定的一期，由第 9 行（退款追回）计",
        ),
        ("order_items", "item_unmatched", "商品行", "未计入"),
    ):
        if table not in month.tables:
            continue
        lost, several = _unjoined(month, month.tables[table], bucket.orders)
        if lost:
            items.append(ReviewItem(kind, table, f"{lost} 条{what}的订单号不在订单表里，{counted}", lost))
        for order_id, n in several.sort("order_id").iter_rows():
            items.append(
                ReviewItem(
                    kind,
                    order_id,
                    f"订单号 {order_id} 在多家店铺都有，{n} 条{what}无法确定属于哪家，未计入",
                    n,
                )
            )
    return items


def _unjoined(month: MonthData, rows: pl.DataFrame, orders: pl.DataFrame) -> tuple[int, pl.DataFrame]:
    """How many rows name no order, and how many each order id that stands in several shops (order_id, len)."""
    lost, several = 0, []
    ids = rows.select("order_id"), orders.select("order_id")
    for own, known in parts_alike("order_id", *ids, month.shelf):
        lost += own.join(known, on="order_id", how="anti").height
        many = known.filter(pl.col("order_id").is_duplicated()).unique()
        several.append(own.join(many, on="order_id", how="semi").group_by("order_id").len())
    return lost, pl.concat(several)


def _refunds(month: MonthData) -> list[ReviewItem]:
    if "refunds" not in month.tables:
        return [
            ReviewItem("no_refunds_table", "refunds", "本月没有退款表：净销售额等于销售额，退款类指标缺失")
        ]
    if not month.has("refunds", "completed"):
        return [
            ReviewItem(
                "no_refunds_table", "refunds", "退款表没有完成时间（completed）：净销售额与迟到退款无法计算"
            )
        ]
    return []


def _online(view: PeriodView) -> list[ReviewItem]:
    return view.online[1] if "online" in view.month.tables else []


def _labels(month: MonthData, bucket: Bucket) -> list[ReviewItem]:
    """Labels that contradict each other, or are of buyers who are not in the data."""
    if "labels" not in month.tables:
        return []
    labels, items = month.tables["labels"], list[ReviewItem]()
    both = labels.group_by("shop", "buyer").agg(pl.col("label").n_unique().alias("n")).filter(pl.col("n") > 1)
    if both.height:
        names = "、".join(both.sort("shop", "buyer")["buyer"].head(3))
        told = f"labels 里 {both.height} 位买家（例如 {names}）既标了 ad 又标了 not_ad，以最后一行为准"
        items.append(ReviewItem("labels", "labels", told, both.height))
    meant = bucket.identities.meant_by(labels.select("shop", "buyer").unique())
    known = with_codes(meant, bucket.codes.buyers).drop_nulls("b").select("shop", "buyer").unique()
    unknown = labels.join(known, on=["shop", "buyer"], how="anti").select("shop", "buyer").unique()
    if unknown.height:
        names = "、".join(unknown.sort("shop", "buyer")["buyer"].head(3))
        told = f"labels 里 {unknown.height} 位买家（例如 {names}）没有聊天也没有订单，标注没有作用；请核对店铺与昵称"
        items.append(ReviewItem("labels", "labels", told, unknown.height))
    return items


def _ads(month: MonthData, bucket: Bucket, lists: BuyerLists) -> list[ReviewItem]:
    """Buyers whom the program, not a person, calls advertisers, and why; not those whom R-F1 filters anyhow."""
    internal = lists.internal if month.config.settings.filters.internal else lists.internal.clear()
    decided = (
        lists.ads.filter((pl.col("by") != "label") & pl.col("ad"))
        .join(internal, on="b", how="anti")
        .join(bucket.codes.buyers, on="b")
        .sort("shop", "who")
    )
    items = [
        ReviewItem(
            "ad_review",
            f"{r['shop']} / {r['buyer']}",
            f"店铺 {r['shop']} 的 {r['buyer']} {told(r)}；如有误，请在 labels.csv 标为 not_ad",
        )
        for r in decided.with_columns(shown().alias("buyer")).iter_rows(named=True)
    ]
    return [*lists.notes, *_capped(items, "ad_review")]


def _filtered(month: MonthData, facts: Facts) -> list[ReviewItem]:
    """R-F1 to R-F6: what each filter took out."""
    counts = filter_counts(facts.receptions, month.config.settings).filter(pl.col("receptions") > 0)
    return [
        ReviewItem(
            "filtered",
            name,
            f"过滤「{label('filters', name)}」去掉了 {receptions} 次接待（{messages} 条消息，{buyers} 位买家），"
            "不计入任何客服指标；如不该去掉，请改 period.yaml 的 settings.filters",
            receptions,
        )
        for name, receptions, messages, buyers in counts.select(
            "filter", "receptions", "messages", "buyers"
        ).iter_rows()
    ]


def _code_word(bucket: Bucket, facts: Facts, view: PeriodView) -> list[ReviewItem]:
    """R-F6 as a loophole: an agent who hides many of his receptions behind the code word."""
    shares = (
        facts.receptions.lazy()
        .filter(view.inside() & ~pl.col("is_robot"))
        .group_by("a")
        .agg(
            (pl.col("filtered") == "code_word").fill_null(False).sum().alias("hidden"), pl.len().alias("all")
        )
        .filter(pl.col("hidden") > pl.col("all") * CODE_WORD_SHARE)
        .sort("a")
        .collect()
    )
    return [
        ReviewItem(
            "code_word_gaming",
            bucket.codes.agents[a],
            f"客服 {bucket.codes.agents[a]} 有 {hidden} / {n} 次接待因暗语被过滤，"
            f"超过 {CODE_WORD_SHARE:.0%}，请查看是否有意为之",
            hidden,
        )
        for a, hidden, n in shares.iter_rows()
    ]


def _immature(kpi: Kpi) -> list[ReviewItem]:
    items = []
    for (scope, who, metric), cell in kpi.cells.items():
        if metric == "immature" and scope == "shop" and cell.value:
            items.append(
                ReviewItem(
                    "immature",
                    who,
                    f"店铺 {who} 有 {int(cell.value)} 个询单还没到统计期限（订单数据未覆盖），暂不进入转化率",
                    int(cell.value),
                )
            )
    return items


def _capped(items: list[ReviewItem], kind: str, count: int | None = None) -> list[ReviewItem]:
    """The first MOST_NAMED one by one, the rest as one line. ``count``: how many there are, if more than ``items``."""
    rest = (count or len(items)) - MOST_NAMED
    if rest <= 0:
        return items
    return [*items[:MOST_NAMED], ReviewItem(kind, "…", f"另有 {rest} 项，见 tables/ 下的结果表", rest)]
