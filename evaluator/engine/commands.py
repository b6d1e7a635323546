"""``evaluator run`` and ``watch``."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.engine.memory import ALLOWED, bound_of, keep_a_while, peak
from evaluator.terminal import progress_line

if TYPE_CHECKING:
    from evaluator.evaluation import Evaluation
    from evaluator.reportoptions import ReportOptions

Month = Annotated[Path, typer.Argument(help="月份文件夹：period.yaml 与各平台导出文件", metavar="MONTH")]
Out = Annotated[Path, typer.Option("--out", help="结果文件夹（新建，或覆盖以前的一次结果）")]


LedgerPlace = Annotated[
    str | None, typer.Option("--ledger", help="账本：读入往期的退款追回、修订、结转（第 9、11 行）")
]
Memory = Annotated[
    str | None, typer.Option("--memory", help="最多用多少内存，如 2GB（默认：本机内存的一半）")
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        help="保留各桶结果的文件夹（含聊天文字）：下次再算，例如多了一天数据，只重算有变化的买家",
    ),
]


INTERRUPTED = 130  # exit code
TOLD = 5  # disputes named on the screen


class Language(StrEnum):
    """Of the reports."""

    zh = "zh"
    en = "en"


class Engine(StrEnum):
    """Where buckets are worked on."""

    local = "local"
    spark = "spark"


HistoryRuns = Annotated[
    list[Path] | None,
    typer.Option(
        "--history", help="以前某月的结果文件夹（evaluator run 的 --out），报告里与它比较；可写几次"
    ),
]
AgentPasswords = Annotated[
    Path | None,
    typer.Option(
        "--agent-passwords",
        help="口令表（CSV：employee_id,password）：agents.zip 里每位客服的自查页各用自己的口令加密",
    ),
]
Templates = Annotated[
    list[Path] | None,
    typer.Option(
        "--template",
        help="自己的工资表模板（xlsx），填好放在 OUT/forms；可写几次。月份文件夹 templates/ 里的也会填",
    ),
]


def _report_options(
    month: Path,
    out: Path,
    lang: Language,
    history: list[Path] | None,
    agent_passwords: Path | None,
    template: list[Path] | None,
) -> ReportOptions:
    """What was typed about the reports; looked at before anything is computed. Errors: EvaluatorError."""
    from evaluator.output import check_target
    from evaluator.render.forms.fill import templates_of
    from evaluator.render.passwords import Passwords
    from evaluator.render.view.history import History
    from evaluator.reportoptions import ReportOptions
    from evaluator.settings import load_month

    templates = tuple(template or ())
    templates_of(month, templates)
    earlier = History.read(history or ())
    if earlier.months:
        earlier.check(load_month(month).start, check_target(out, month))
    passwords = Passwords.read(agent_passwords, month) if agent_passwords else None
    return ReportOptions(lang.value, earlier, passwords, templates)


def run(
    month: Month,
    out: Out,
    quiet: Annotated[bool, typer.Option("--quiet", help="不显示进度")] = False,
    ledger: LedgerPlace = None,
    lang: Annotated[Language, typer.Option("--lang", help="报告的语言")] = Language.zh,
    history: HistoryRuns = None,
    agent_passwords: AgentPasswords = None,
    template: Templates = None,
    memory: Memory = None,
    cache: Cache = None,
    engine: Annotated[Engine, typer.Option("--engine", help="在哪里算：本机，或 Spark 集群")] = Engine.local,
    master: Annotated[
        str | None,
        typer.Option("--master", help="Spark 集群，如 spark://主机:7077（用 spark-submit 启动则不写）"),
    ] = None,
) -> None:
    """计算一个月：指标、归属、评分、工资，写出工作簿、报告和结果表。"""
    from evaluator.engine.order import Order, Spark, carry_out

    if master is not None and engine is not Engine.spark:
        raise typer.BadParameter("--master 只与 --engine spark 一起使用")
    spark = Spark(master) if engine is Engine.spark else None
    if spark is None:  # a cluster's tasks are given the same allocators, and share their machines
        keep_a_while(bound_of(memory))
    options = _report_options(month, out, lang, history, agent_passwords, template)
    order = Order.of(month, out, memory, cache, ledger, options, spark)
    try:
        with progress_line(quiet) as progress:
            done = carry_out(order, progress)
    except KeyboardInterrupt:
        typer.echo("已停止；再运行同一条命令，算完的桶不再算，从没有算完的接着算", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _summary(done.evaluation, out)
    if done.reused:
        typer.echo(done.reused)
    if memory is not None and (told := beyond(memory, done.evaluation)):
        typer.secho(told, fg=typer.colors.RED, err=True)


def beyond(memory: str, evaluation: Evaluation) -> str:
    """What to tell of a run that took more than ``memory``, as typed, and what is allowed beside; "" of others. All of
    a buyer is worked out at once, so no bound holds for one who is most of a month."""
    from evaluator.render.text import in_line
    from evaluator.shelf import HANDS

    bound, took = bound_of(memory), peak()
    if took is None or took <= bound + ALLOWED:
        return ""
    told = f"⚠ 这次最多用了 {took / (1 << 30):.1f} GB 内存，多于 --memory {memory}；结果不受影响"
    most = evaluation.talk.busiest()
    if most is not None and most[2] > evaluation.month.shelf.limits.part_rows // HANDS:
        shop, buyer, rows = most
        told += (
            f"。一位买家的聊天和订单总是一起算，店铺 {in_line(shop)} 的买家 {in_line(buyer)} 一个人就有 {rows:,} 行；"
            "如果他不是一位真的顾客（昵称被换成了同一个写法，或测试账号），请改正后再算"
        )
    return told


def watch(
    month: Month,
    out: Out,
    memory: Memory = None,
    cache: Cache = None,
    ledger: LedgerPlace = None,
    lang: Annotated[Language, typer.Option("--lang", help="报告的语言")] = Language.zh,
    history: HistoryRuns = None,
    agent_passwords: AgentPasswords = None,
    template: Templates = None,
    every: Annotated[float, typer.Option("--every", min=0.1, help="每隔几秒看一次文件夹")] = 2.0,
    settle: Annotated[float, typer.Option("--settle", min=0, help="文件多少秒不再变化才开始算")] = 10.0,
) -> None:
    """守着月份文件夹：文件有变化并写完以后自动重算，只重算有变化的买家；算不成时保留上一次的结果。按 Ctrl-C 结束。"""
    from datetime import datetime

    from evaluator.engine import watch as watching
    from evaluator.engine.order import Done, Order

    def say(text: str, colour: str | None = None) -> None:
        typer.secho(f"[{datetime.now():%m-%d %H:%M:%S}] {text}", fg=colour, err=colour is not None)

    def done(found: Done) -> None:
        say(f"算好了：{out}")
        _summary(found.evaluation, out)
        if found.reused:
            typer.echo(found.reused)

    keep_a_while(bound_of(memory))
    options = _report_options(month, out, lang, history, agent_passwords, template)
    order = Order.of(month, out, memory, cache, ledger, options)
    heard = watching.Heard(
        begins=lambda: say("开始计算"),
        done=done,
        failed=lambda error: say(f"没有算成，保留上一次的结果：{error}", typer.colors.RED),
    )
    with watching.ended_by_signals(), progress_line() as progress:
        watching.watch(order, heard, watching.Pace(every, settle), progress)
    say("已停止")


def _summary(evaluation: Evaluation, out: Path) -> None:
    from evaluator.sources.csvfile import CUT

    read = sum(f.rows_in for f in evaluation.month.inputs)
    rejected = sum(f.rows_rejected for f in evaluation.month.inputs)
    typer.echo(f"读入 {read:,} 行，未采用 {rejected:,} 行（tables/rejects.csv）")
    typer.echo(f"待核 {len(evaluation.review)} 项（payroll.xlsx「待核」）")
    unread = [item for item in evaluation.review if item.kind in ("unrecognised_file", "refused_file")]
    if unread:
        typer.echo(f"⚠ {len(unread)} 个文件没有读入（见「待核」）")
    for file in sorted({r.file for r in evaluation.month.rejects if r.why.startswith(CUT)}):
        typer.secho(
            f"⚠ {file} 在一行中间断了，可能还没有写完或下载完；齐全以后请再算一次",
            fg=typer.colors.RED,
            err=True,
        )
    for item in evaluation.review:
        if item.kind == "ads_model":
            typer.secho(f"⚠ {item.detail}", fg=typer.colors.RED, err=True)
    disputed = [item for item in evaluation.review if item.kind == "dispute"]
    for item in disputed[:TOLD]:
        typer.echo(f"⚠ {item.detail}")
    if len(disputed) > TOLD:
        typer.echo(f"⚠ 另有 {len(disputed) - TOLD} 项异议见「待核」")
    for line in evaluation.links_told():
        typer.echo(line)
    typer.echo(f"工资合计 {evaluation.payroll_total:,.2f} 元")
    if evaluation.assessments:
        typer.echo(f"平台考核　{out / 'assessment.html'}")
    typer.echo(f"工作簿　　{out / 'payroll.xlsx'}\n主管页面　{out / 'team.html'}")
    typer.echo(f"客服自查　{out / 'agents'}{os.sep}（分发用：{out / 'agents.zip'}）")
