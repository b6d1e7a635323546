"""One run: a month's folder in, an Evaluation out. Data flows one way; each step below is one module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from evaluator import disputes
from evaluator.ads.decide import Judges, decide, decided
from evaluator.ads.talk import judged, judged_messages
from evaluator.alike import parts_alike
from evaluator.assess.compute import assess, figures_asked
from evaluator.assess.windows import Days
from evaluator.engine.local import Room, analyze_buckets, in_memory, on_disk
from evaluator.engine.ondisk import BucketRun
from evaluator.evaluation import Evaluation
from evaluator.facttables import ads_table, fact_tables
from evaluator.filters import (
    BuyerLists,
    filter_counts,
    internal_buyers,
    labelled,
    manual_buyers,
)
from evaluator.inquiry import last_covered_day
from evaluator.kernel import Context, Facts
from evaluator.links import order_links
from evaluator.manifest import describe
from evaluator.messages import Messages
from evaluator.metrics.counting import Count
from evaluator.metrics.measures import ScopeKey, Scopes
from evaluator.metrics.monthfacts import PeriodView
from evaluator.metrics.request import MetricRequest
from evaluator.metrics.table import (
    UNBOUND_NAME,
    Kpi,
    can_be_had,
    compute,
    kpi_frame,
    scopes_of,
    standard_requests,
)
from evaluator.model import MonthData, Profile
from evaluator.pay import balances_frame, compute_pay, payroll_frame
from evaluator.prepare import Bucket, prepare
from evaluator.review import gather_review
from evaluator.roster import Roster
from evaluator.scoring import score_all, scores_frame
from evaluator.settings import load_month
from evaluator.settlement import NOTHING, Brought
from evaluator.shelf import slices
from evaluator.sources import read_month
from evaluator.stopwatch import Progress, Stopwatch

#: Asks a ledger what earlier periods leave open for a month (R-P2, R-P3).
Bring = Callable[[MonthData], Brought]


def buyer_lists(month: MonthData, bucket: Bucket, run: BucketRun | None = None) -> BuyerLists:
    """Who is internal, filtered by hand, or an advertiser (R-F1 to R-F3). ``run``: of a month in buckets."""
    settings, buyers = month.config.settings, bucket.codes.buyers
    judges = Judges.of(month.config.folder, settings.ad)
    labels = labelled(month, bucket.identities, buyers)
    if run is not None and settings.filters.ad:
        ads = decided(run.opinions(labels, judges, month.config.days), labels, judges)
    else:
        ads = decide(judged(month, bucket) if settings.filters.ad else (), labels, judges)
    return BuyerLists(
        internal_buyers(month, buyers), manual_buyers(month, bucket.identities, buyers), ads, judges.notes
    )


def joined_items(month: MonthData, bucket: Bucket) -> pl.DataFrame | None:
    """order_items with ``o``; an order id that stands in several shops joins none (SPEC §2)."""
    if "order_items" not in month.tables:
        return None
    items, rows = month.tables["order_items"], month.shelf.limits.slice_rows
    numbered = items.select("order_id").with_row_index("at"), bucket.orders.select("o", "order_id")
    numbers = np.full(items.height, -1, dtype=np.int32)
    for own, whose in parts_alike("order_id", *numbered, month.shelf):
        found = own.join(whose.filter(pl.col("order_id").is_unique()), on="order_id")
        numbers[found["at"].to_numpy()] = found["o"].to_numpy()
    o = pl.Series("o", numbers)
    joined = (part.with_columns(o.slice(at, part.height)) for at, part in slices(items, rows))
    known = (part.filter(pl.col("o") >= 0).with_columns(pl.col("o").cast(pl.UInt32)) for part in joined)
    return pl.concat([month.shelf.keep(part) for part in known])


def analyze_month(
    month: MonthData,
    bucket: Bucket,
    profiles: dict[str, Profile],
    items: pl.DataFrame | None,
    lists: BuyerLists | None = None,
    room: Room | None = None,
    count: Count | None = None,
) -> tuple[BuyerLists, Context, Facts]:
    """SPEC §3 to §6 for the whole month. ``lists``: of the same month, where they are known. ``count``: what is counted
    at once where the month is analysed bucket by bucket."""
    settings = month.config.settings
    creditable = None
    if settings.credit_roles:
        codes = bucket.codes.agent_code()
        named = [codes[p.employee_id] for p in profiles.values() if p.role in settings.credit_roles]
        creditable = pl.Series("a", named, dtype=pl.Int32)
    covered = last_covered_day(bucket.orders, settings)
    moves = disputes.moves(month, bucket)
    context = Context(settings, creditable, covered, month.config.by_session, moves)
    room = room or Room(month.shelf.limits)
    if room.holds(bucket):
        lists = lists or buyer_lists(month, bucket)
        return lists, context, in_memory(bucket, lists, items, context)
    texts = judged_messages(month, bucket) if settings.filters.ad and lists is None else None
    with on_disk(month, bucket, items, texts, room) as run:
        lists = lists or buyer_lists(month, bucket, run)
        return lists, context, analyze_buckets(run, lists, context, count)


def figures_to_count(month: MonthData, bucket: Bucket, profiles: dict[str, Profile]) -> Count:
    """What a run will ask of the buyers' facts: the figures of the period, and those of the platforms' assessments."""
    windows: dict[Days, list[MetricRequest]] = {
        Days(month.config.start, month.config.end): [*standard_requests(), *month.config.requests]
    }
    for days, requests in figures_asked(month).items():
        windows[days] = [*windows.get(days, []), *requests]
    had = tuple(
        (days.codes, tuple(r for r in dict.fromkeys(requests) if can_be_had(month, r)))
        for days, requests in windows.items()
    )
    groups = scopes(month, bucket, profiles).groups
    return Count(had, month.config.settings, groups, bucket.last_message)


def scope_names(bucket: Bucket, facts: Facts, profiles: dict[str, Profile]) -> dict[ScopeKey, str]:
    """Who has rows in the KPI table (R-M): roster employees of the period who are no robots, every other agent with a
    reception that is no robot's; their groups; the shops of the messages and orders."""
    people = {p.employee_id: p.name for p in profiles.values() if not p.is_robot}
    seen = facts.receptions.lazy().filter(~pl.col("is_robot")).select("a").unique().collect()["a"]
    others = {bucket.codes.agents[a] for a in seen} - people.keys()
    agents = people | {a: profiles[a].name if a in profiles else UNBOUND_NAME for a in others}
    groups = sorted({p.group for p in profiles.values() if p.group and not p.is_robot})
    shops = sorted(set(bucket.codes.buyers["shop"].unique()) | set(bucket.orders["shop"].unique()))
    return (
        {("agent", a): agents[a] for a in sorted(agents)}
        | {("group", g): g for g in groups}
        | {("shop", s): s for s in shops}
    )


def period_view(
    month: MonthData,
    bucket: Bucket,
    facts: Facts,
    roster: Roster,
    profiles: dict[str, Profile],
    items: pl.DataFrame | None,
    covered: int | None,
) -> PeriodView:
    """What the figures of the period are made from."""
    first, end = month.config.days
    own = scopes(month, bucket, profiles)
    return PeriodView(month, bucket, facts, roster, profiles, own, first, end, covered, items)


def scopes(month: MonthData, bucket: Bucket, profiles: dict[str, Profile]) -> Scopes:
    """Agents, groups and shops of the month, coded."""
    groups = {p.employee_id: p.group for p in profiles.values() if p.group}
    return scopes_of(month, bucket.codes.agents, bucket.codes.shops, groups)


def measure(
    month: MonthData,
    bucket: Bucket,
    facts: Facts,
    roster: Roster,
    profiles: dict[str, Profile],
    items: pl.DataFrame | None,
    covered: int | None,
    requests: Sequence[MetricRequest] | None = None,
) -> tuple[Kpi, PeriodView]:
    """SPEC §7: the ``requests``, else what every run computes and the month asks for."""
    view = period_view(month, bucket, facts, roster, profiles, items, covered)
    asked = requests if requests is not None else (*standard_requests(), *month.config.requests)
    return compute(view, asked, scope_names(bucket, facts, profiles)), view


def viewed(month: MonthData) -> tuple[PeriodView, dict[ScopeKey, str]]:
    """A month as read, prepared and analysed: what figures are made from, and who has some."""
    roster = Roster.of(month.tables["roster"])
    profiles = roster.profiles(month.config.start, month.config.end)
    bucket = prepare(month, roster)
    items = joined_items(month, bucket)
    _, context, facts = analyze_month(month, bucket, profiles, items)
    view = period_view(month, bucket, facts, roster, profiles, items, context.covered)
    return view, scope_names(bucket, facts, profiles)


def evaluate_month(
    folder: str | Path,
    progress: Progress | None = None,
    scratch: Path | None = None,
    bring: Bring | None = None,
    room: Room | None = None,
) -> Evaluation:
    """Everything SPEC §1 to §9 computes for one month's folder. ``scratch``: folder for the temporary files of a large
    month, if not the system's. ``bring``: what earlier, locked periods leave open. ``room``: memory and work folder.
    Raises EvaluatorError for what a user can put right."""
    watch = Stopwatch(progress)
    config = load_month(Path(folder))
    with watch.stage("read", "读取文件"):
        month = read_month(config, progress, scratch, room.limits if room else None)
    evaluation = evaluate_data(month, watch, bring, room)
    del month.tables["messages"]  # ``talk`` has them, with buyer and agent; twice is too much of millions
    return evaluation


def evaluate_data(
    month: MonthData, watch: Stopwatch | None = None, bring: Bring | None = None, room: Room | None = None
) -> Evaluation:
    """The same, from a month as read."""
    watch = watch or Stopwatch()
    config = month.config
    roster = Roster.of(month.tables["roster"])
    profiles = roster.profiles(config.start, config.end)
    with watch.stage("prepare", "整理顾客与客服"):
        bucket = prepare(month, roster)
        items = joined_items(month, bucket)
    with watch.stage("analyze", "分析会话、询单与归属"):
        count = figures_to_count(month, bucket, profiles)
        lists, context, facts = analyze_month(month, bucket, profiles, items, room=room, count=count)
    with watch.stage("measure", "计算指标"):
        kpi, view = measure(month, bucket, facts, roster, profiles, items, context.covered)
    with watch.stage("assess", "平台考核"):
        assessments = assess(view, kpi.names, facts=kpi.facts)
    with watch.stage("pay", "评分与算薪"):
        cells, people = kpi.of_agents(), list(profiles.values())
        scores = score_all(config.plans, people, cells, period_start=config.start)
        pay = compute_pay(
            config.plans,
            people,
            scores,
            cells,
            month.tables.get("attendance"),
            month.tables.get("adjustments"),
            period_start=config.start,
            brought=bring(month) if bring else NOTHING,
        )
    with watch.stage("tables", "整理结果表"):
        named, ends = fact_tables(facts, bucket, month.shelf)
        frames = named | {
            "ads": ads_table(lists.ads, bucket.codes),
            "kpi": kpi_frame(kpi),
            "scores": scores_frame(scores),
            "payroll": payroll_frame(pay),
            "balances": balances_frame(pay),
            "filters": filter_counts(facts.receptions, config.settings),
            "rejects": rejects_frame(month),
            "order_links": order_links(view),
        }
        review = gather_review(
            month, bucket, facts, view, frames["order_links"], lists, roster, kpi, scores, pay
        )
        if disputes.has_disputes(month):
            table = disputes.disputes_table(month, bucket, facts)
            frames |= {
                "disputes": table,
                "attribution": disputes.with_disputes(frames["attribution"], table),
            }
            review += disputes.review(table, profiles)
    month.shelf.rest()
    manifest = describe(month, bucket, kpi, pay, frames["order_links"], watch.seconds)
    kpi.facts.close()
    talk = Messages.of_month(month, bucket)
    return Evaluation(
        month, profiles, frames, scores, pay, review, kpi.facts, talk, manifest, assessments, cells, ends
    )


def rejects_frame(month: MonthData) -> pl.DataFrame:
    """``tables/rejects.csv``."""
    schema = {"file": pl.String, "row": pl.Int64, "column": pl.String, "value": pl.String, "why": pl.String}
    rows = [(r.file, r.row, r.column, r.value, r.why) for r in month.rejects]
    return pl.DataFrame(rows, schema=schema, orient="row").sort("file", "row", "column", "why")
