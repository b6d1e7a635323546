"""The team's page: each chart shows what the tables hold, worked out again here in plain Python."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from math import sqrt
from pathlib import Path
from statistics import median_low
from typing import Any

import polars as pl
import pytest
from test_history import earlier, written

from evaluator.evaluation import Evaluation
from evaluator.render import prepare
from evaluator.render.view import distribution, glance, load, network, noteworthy, ranking, speed, standing
from evaluator.render.view.history import History
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.slices import Troubled


@pytest.fixture(scope="module")
def data(demo: Evaluation) -> Prepared:
    return prepare(demo)


def table(out: Path, name: str) -> list[dict[str, Any]]:
    path = out / "tables" / f"{name}.parquet"
    return pl.read_parquet(path).to_dicts() if path.is_file() else pl.read_csv(
        out / "tables" / f"{name}.csv", infer_schema=False
    ).to_dicts()  # fmt: skip


def consult_turns(out: Path) -> Iterator[dict[str, Any]]:
    """Turns of October's consults."""
    consults = {(r["shop"], r["buyer"], r["agent"], r["day"]) for r in table(out, "receptions") if r["label"]}
    for turn in table(out, "turns"):
        day = turn["opened"].date()
        if (turn["shop"], turn["buyer"], turn["agent"], day) in consults and day.month == 10:
            yield turn


# ---- ranking ---------------------------------------------------------------------------------------------
def test_the_days_of_the_ranking_add_up_to_the_month(data: Prepared) -> None:
    shown = ranking.ranking(data)
    assert [row[0] for row in shown.block.rows][:2] == ["沈月", "范诗"]
    assert len(shown.heads) == 2
    days = [d for row in shown.sparks for d in row]
    assert any(s.lines for s in days)
    for row, (consults, sales) in zip(shown.block.rows, shown.sparks, strict=True):
        figures = dict(zip([c.title for c in shown.block.columns], row, strict=True))
        for spark, title in ((consults, "咨询人数"), (sales, "销售额")):
            mean = float(re.search(r"日均 ([\d,.]+)", spark.told)[1].replace(",", ""))  # type: ignore[index]
            cell = figures[title]
            assert mean == pytest.approx(float(cell.value) / 31, abs=0.51 if title == "销售额" else 0.051)  # type: ignore[union-attr, arg-type]


def test_a_spark_is_as_high_as_its_values(demo_out: Path, data: Prepared) -> None:
    counts = Counter(r["day"] for r in table(demo_out, "receptions") if r["label"] and r["agent"] == "E01")
    most = max(counts.values())
    names = [row[0] for row in ranking.ranking(data).block.rows]
    (line,) = ranking.ranking(data).sparks[names.index("沈月")][0].lines
    drawn = [int(point.split(",")[1]) for point in line.split()]
    days = [date(2026, 10, 1) + timedelta(days=n) for n in range(31)]
    assert drawn == [int(f"{20 - counts[day] / most * 18:.0f}") for day in days]


def test_months_before_are_drawn_where_they_are_given(demo: Evaluation, tmp_path: Path) -> None:
    history = History.read([earlier(tmp_path / "sep", shop="听松茶器旗舰店")])
    shown = ranking.ranking(prepare(demo, history=history))
    assert shown.heads[2] == "各月总分"
    assert shown.sparks[0][2].told == "88.50 → 93.29"
    assert shown.sparks[1][2].told == "— → 88.52"


# ---- at a glance -----------------------------------------------------------------------------------------
def test_last_month_change_and_targets(demo: Evaluation, tmp_path: Path) -> None:
    history = History.read([earlier(tmp_path / "sep", shop="听松茶器旗舰店", sales="80413.00")])
    block = glance.glance_block(prepare(demo, history=history))
    rows = {row[0].value: row for row in block.rows}  # type: ignore[union-attr]
    _, now, last, change, _ = rows["销售额"]
    assert (now.value, last.value, change.value) == (100516, 80413.0, "+25.0%")  # type: ignore[union-attr]
    own = [
        r for r in demo.frames["kpi"].to_dicts() if r["scope"] == "agent" and r["metric"] == "avg_order_value"
    ]
    pre_sale = {p.employee_id for p in demo.profiles.values() if p.role == "售前"}
    values = [float(r["value"]) for r in own if r["id"] in pre_sale and r["value"]]
    reached = sum(v >= 170 for v in values)
    assert rows["客单价"][4] == f"售前月度绩效：≥ 170.00，{reached}/{len(values)} 人达到"
    assert "2026-09" in block.notes[0]


def test_a_change_that_chance_would_make_is_said_to_be_none(demo: Evaluation, tmp_path: Path) -> None:
    def told(hits: int, of: int) -> tuple[str, str]:
        folder = earlier(tmp_path / f"{hits}-{of}", shop="听松茶器旗舰店")
        row = f"shop,听松茶器旗舰店,,shop_conversion_rate,{hits / of:.10f},{hits},{of},ratio,final,\n"
        with (folder / "tables" / "kpi.csv").open("a", encoding="utf-8") as file:
            file.write(row)
        written(folder, {"start": "2026-09-01", "end": "2026-10-01"})
        block = glance.glance_block(prepare(demo, history=History.read([folder])))
        cell = next(r for r in block.rows if r[0].value == "店铺询单转化率")[3]  # type: ignore[union-attr]
        return str(cell.value), cell.note  # type: ignore[union-attr]

    assert told(555, 1301) == ("+1.11 个百分点", "变化不显著")  # 43.77 % of 1,316 now
    assert told(430, 1301)[1] == "变化显著"


def test_without_an_earlier_month_the_page_says_how_to_give_one(data: Prepared) -> None:
    block = glance.glance_block(data)
    assert "run --history" in block.notes[0]
    assert [c.title for c in block.columns] == ["指标", "本期", "方案的目标"]


# ---- distributions ---------------------------------------------------------------------------------------
def test_the_interval_of_a_mean_is_by_buyer(demo_out: Path, data: Prepared) -> None:
    waits: dict[str, dict[tuple[str, str], list[float]]] = defaultdict(lambda: defaultdict(list))
    for turn in consult_turns(demo_out):
        if turn["wait"] is not None and 8 <= turn["opened"].hour < 23:
            waits[turn["agent"]][turn["shop"], turn["buyer"]].append(turn["wait"])
    found = standing.standings(data, "avg_response")
    assert found is not None
    checked = 0
    for one in (s for lane in found.lanes for s in lane.standings):
        buyers = list(waits[one.agent].values())
        total, count = sum(map(sum, buyers)), sum(map(len, buyers))
        assert one.value == pytest.approx(total / count, abs=1e-6)
        if len(buyers) < 20:
            assert (one.interval, one.verdict in ("few", "none")) == (None, True)
            continue
        squares = sum((sum(b) - total / count * len(b)) ** 2 for b in buyers)
        error = 1.959964 * sqrt(len(buyers) / (len(buyers) - 1) * squares) / count
        assert one.interval is not None
        assert (one.interval.low, one.interval.high) == pytest.approx((one.value - error, one.value + error))
        checked += 1
    assert checked >= 8


def test_verdicts_follow_from_interval_and_whole(data: Prepared) -> None:
    seen = set()
    for metric in ("conversion_rate", "first_response", "complaint_rate", "refund_hours"):
        found = standing.standings(data, metric)
        assert found is not None
        for lane in found.lanes:
            figures = [data.figure("agent", s.agent, metric) for s in lane.standings]
            over, under = (
                sum(float(getattr(f, part)) for f in figures) for part in ("numerator", "denominator")
            )
            for s in lane.standings:
                if len(lane.standings) == 1:
                    assert s.verdict == "none"
                    continue
                assert lane.whole == pytest.approx(over / under)
                n, share = float(data.figure("agent", s.agent, metric).denominator), over / under  # type: ignore[arg-type, union-attr]
                rare = found.kind == "ratio" and min(n * share, n * (1 - share)) < 5
                if s.interval is None or rare:
                    assert s.verdict == "few"
                elif s.interval.low <= over / under <= s.interval.high:
                    assert s.verdict == "same"
                else:
                    assert s.verdict == (
                        "better" if (s.value < over / under) == found.lower_is_better else "worse"
                    )
                seen.add(s.verdict)
    assert seen == {"better", "worse", "same", "few"}
    for metric, lower in (("complaint_rate", True), ("refund_hours", True), ("satisfaction", False)):
        shown = standing.standings(data, metric)
        assert shown is not None
        assert shown.lower_is_better is lower


def test_every_agent_is_marked_where_his_value_is(data: Prepared) -> None:
    for card, metric in zip(
        distribution.distributions(data).first, standing.shown_metrics(data)[0], strict=True
    ):
        found = standing.standings(data, metric)
        assert found is not None
        for lane, drawn in zip(found.lanes, card.chart.lanes, strict=True):
            dots = {d.told.split(" ")[0]: d for d in drawn.dots}
            assert set(dots) == {data.name(s.agent) for s in lane.standings}
            inside = [
                (s.value, dots[data.name(s.agent)].x)
                for s in lane.standings
                if not dots[data.name(s.agent)].beyond
            ]
            for (v1, x1), (v2, x2) in zip(sorted(inside), sorted(inside)[1:], strict=False):
                assert x1 <= x2 + 0.1, (metric, v1, v2)
            for s in lane.standings:
                shape = {"better": "up", "worse": "down", "few": "faint"}.get(s.verdict, "round")
                assert dots[data.name(s.agent)].shape == shape


def test_a_dot_far_out_does_not_squeeze_the_others() -> None:
    from evaluator.render.plots import LaneValues, reach, strip

    values = [1.0, 2.0, 2.5, 3.0, 4.0, 900.0]
    assert reach(values) == (1.0, 4.0)
    assert reach([5.0, 5.0, 5.0, 5.0, 9.0]) == (5.0, 9.0)  # alike: nobody is left out
    assert reach([1.0, 900.0]) == (1.0, 900.0)
    (lane,) = strip(
        "", "", [LaneValues("", [(v, "round", str(v)) for v in values], None)], ["1", "4"], [1.0, 4.0]
    ).lanes
    assert {d.told: d.beyond for d in lane.dots} == {str(v): int(v == 900) for v in values}
    assert max(d.x for d in lane.dots) == 348
    assert lane.middle == pytest.approx(12 + (2.75 - 1) / 3 * 336, abs=0.1)


# ---- conversion and response -----------------------------------------------------------------------------
def test_spots_are_where_the_figures_are(data: Prepared) -> None:
    shown = speed.speed(data)
    assert shown is not None
    assert len(shown.chart.spots) == 10
    left, top, right, bottom = shown.chart.frame
    x_low, x_high = (float(m.text) for m in (shown.chart.x_marks[0], shown.chart.x_marks[-1]))
    y_low, y_high = (
        float(m.text.rstrip("%")) / 100 for m in (shown.chart.y_marks[0], shown.chart.y_marks[-1])
    )
    by_name = {s.told.split(" ")[0]: s for s in shown.chart.spots}
    for who in data.employees:
        x, y = (float(data.figure("agent", who, m).value or 0) for m in ("first_response", "conversion_rate"))  # type: ignore[union-attr]
        spot = by_name[data.name(who)]
        assert spot.x == pytest.approx(left + (x - x_low) / (x_high - x_low) * (right - left), abs=0.1)
        assert spot.y == pytest.approx(bottom - (y - y_low) / (y_high - y_low) * (bottom - top), abs=0.1)
    assert shown.finding == "询单满 10 个的有 9 人：人数太少，看不出响应快慢与转化有没有关系。"


def test_a_rank_correlation_with_its_interval() -> None:
    pairs = [(float(n), float(m)) for n, m in enumerate([2, 1, 4, 3, 6, 5, 8, 7, 10, 9])]
    rho, low, high = speed.correlation(pairs)
    assert rho == pytest.approx(1 - 6 * 10 / (10 * 99))  # all places differ by one
    assert low == pytest.approx(0.7487, abs=1e-3)  # tanh(1.7330 ∓ 1.96 · 1.03 / √7)
    assert high == pytest.approx(0.9865, abs=1e-3)


# ---- load ------------------------------------------------------------------------------------------------
def test_waits_and_load_by_weekday_and_hour(demo_out: Path, data: Prepared) -> None:
    busy, waits, unanswered = load.heat_maps(data)
    asked, waited, lost = Counter[tuple[int, int]](), defaultdict(list), Counter[tuple[int, int]]()
    for turn in consult_turns(demo_out):
        at = turn["opened"].weekday(), turn["opened"].hour
        if turn["outcome"] == "answered":
            waited[at].append(turn["wait"])
        lost[at] += turn["outcome"] == "unanswered"
    consults = {
        (r["shop"], r["buyer"], r["agent"], r["day"]) for r in table(demo_out, "receptions") if r["label"]
    }
    for message in table(demo_out, "messages"):
        ts: datetime = message["ts"]
        key = (message["shop"], message["buyer"], message["agent"], ts.date())
        if message["sender"] == "buyer" and key in consults and ts.month == 10:
            asked[ts.weekday(), ts.hour] += 1
    days = Counter((date(2026, 10, 1) + timedelta(days=n)).weekday() for n in range(31))
    assert load.weekdays(data) == days

    def check(shown: load.HeatMap, text: Any) -> None:
        assert [name for name, _ in shown.rows] == list(load.WEEKDAYS)
        for weekday, (_, row) in enumerate(shown.rows):
            for hour, square in zip(shown.hours, row, strict=True):
                assert square.text == text((weekday, hour)), (shown.title, weekday, hour)

    def mean(at: tuple[int, int]) -> str:
        value = asked[at] / days[at[0]]
        return "" if not value else f"{value:.1f}" if value < 10 else f"{value:,.0f}"

    def wait(at: tuple[int, int]) -> str:
        seconds = median_low(waited[at]) if waited[at] else None
        if seconds is None or seconds < 600:
            return "" if seconds is None else f"{seconds:.0f}"
        return f"{seconds / 60:.0f}m" if seconds < 5400 else f"{seconds / 3600:.1f}h"

    def share(at: tuple[int, int]) -> str:
        turns = len(waited[at]) + lost[at]
        return "" if not turns else f"{lost[at] / turns * 100:.0f}%" if lost[at] else "0"

    check(busy, mean)
    check(waits, wait)
    check(unanswered, share)


# ---- who helps whom --------------------------------------------------------------------------------------
def test_the_matrix_counts_orders_once_a_pair(demo_out: Path, data: Prepared) -> None:
    credited = {
        (r["shop"], r["order_id"]): r["credited"]
        for r in table(demo_out, "attribution")
        if r["paid"] and r["paid"].month == 10
    }
    pairs: dict[tuple[str, str | None], set[tuple[str, str]]] = defaultdict(set)
    for row in table(demo_out, "assists"):
        order = row["shop"], row["order_id"]
        if order in credited:
            pairs[row["agent"], credited[order]].add(order)
    shown = network.network(data)
    ids = [*sorted({a for pair in pairs for a in pair if a}), None]
    assert len(shown.heads) == len(ids)
    found = {}
    for name, squares, total in shown.rows:
        for head, square in zip(ids, squares, strict=True):
            if square.text:
                found[name, head] = int(square.text)
        assert total == sum(int(s.text or 0) for s in squares)
    short = {
        who: data.name(who) if len(data.name(who)) <= 10 else data.name(who)[:9] + "…" for who in ids if who
    }
    assert found == {(short[helper], head): len(orders) for (helper, head), orders in pairs.items()}
    assert sum(shown.total) == shown.orders == sum(map(len, pairs.values()))


def test_the_whole_matrix_is_counted_where_not_all_of_it_is_shown(
    data: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = network.network(data)
    monkeypatch.setattr(network, "MATRIX_LIMIT", 3)
    part = network.network(data)
    assert part.orders == whole.orders > sum(part.total)


# ---- conversations ---------------------------------------------------------------------------------------
def test_the_most_valuable_conversations_come_first(demo_out: Path, data: Prepared) -> None:
    value: dict[tuple[str, str], int] = defaultdict(int)
    for order in table(demo_out, "attribution"):
        if order["created"].month == 10 and order["excluded"] is None and order["buyer"]:
            value[order["shop"], order["buyer"]] += order["amount"]
    lists = noteworthy.TeamLists(data, Troubled(data))
    lost = {
        (r["shop"], r["buyer"], r["agent"], r["day"])
        for r in table(demo_out, "receptions")
        if r["outcome"] == "lost" and r["day"].month == 10
    }
    slow, silent = (
        {(t["shop"], t["buyer"], t["agent"], t["opened"].date()) for t in consult_turns(demo_out) if bad(t)}
        for bad in (
            lambda t: t["outcome"] == "answered" and t["wait"] > 120,
            lambda t: t["outcome"] == "unanswered",
        )
    )
    consults = {
        (r["shop"], r["buyer"], r["agent"], r["day"]) for r in table(demo_out, "receptions") if r["label"]
    }
    took: dict[tuple[str, str, str, date], float] = defaultdict(float)
    for s in table(demo_out, "sessions"):
        took[s["shop"], s["buyer"], s["agent"], s["day"]] += (s["end"] - s["start"]).total_seconds()
    long = {
        key for key, seconds in took.items() if seconds >= 1800 and key in consults and key[3].month == 10
    }
    for rows, wanted, total in zip(
        (lists.lost, lists.silent, lists.slow, lists.long),
        (lost, silent, slow, long),
        lists.totals,
        strict=True,
    ):
        assert total == len(wanted)
        keys = [(r["shop"], r["buyer"], r["agent"], r["day"]) for r in rows]
        assert set(keys) <= wanted
        shown = [value[k[0], k[1]] for k in keys]
        best = sorted((value[k[0], k[1]] for k in wanted), reverse=True)[:30]
        assert shown == best
    assert lists.totals[0] > 30
