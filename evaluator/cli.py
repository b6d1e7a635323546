"""The command line. Heavy modules are imported by the command that needs them, so that ``--help`` is quick."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.ads.commands import app as ads_app
from evaluator.engine.memory import give_back_soon
from evaluator.errors import EvaluatorError
from evaluator.ledger import commands as ledger_commands
from evaluator.terminal import progress_line

if TYPE_CHECKING:
    from evaluator.reportoptions import ReportOptions

app = typer.Typer(
    help="客服绩效：从聊天记录到工资表，每一分钱都能追到消息和规则。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(ads_app, name="ads")
app.command("lock")(ledger_commands.lock)
app.command("revise")(ledger_commands.revise)
app.add_typer(ledger_commands.app, name="ledger")

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


@app.command()
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
    from evaluator.engine.commands import Order, Spark, carry_out

    if master is not None and engine is not Engine.spark:
        raise typer.BadParameter("--master 只与 --engine spark 一起使用")
    spark = Spark(master) if engine is Engine.spark else None
    options = _report_options(month, out, lang, history, agent_passwords, template)
    order = Order.of(month, out, memory, cache, ledger, options, spark)
    with progress_line(quiet) as progress:
        done = carry_out(order, progress)
    _summary(done.evaluation, out)
    if done.reused:
        typer.echo(done.reused)


@app.command()
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
    from evaluator.engine.commands import Done, Order

    def say(text: str, colour: str | None = None) -> None:
        typer.secho(f"[{datetime.now():%m-%d %H:%M:%S}] {text}", fg=colour, err=colour is not None)

    def done(found: Done) -> None:
        say(f"算好了：{out}")
        _summary(found.evaluation, out)
        if found.reused:
            typer.echo(found.reused)

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


def _summary(evaluation: object, out: Path) -> None:
    from evaluator.evaluation import Evaluation

    assert isinstance(evaluation, Evaluation)
    read = sum(f.rows_in for f in evaluation.month.inputs)
    rejected = sum(f.rows_rejected for f in evaluation.month.inputs)
    typer.echo(f"读入 {read:,} 行，未采用 {rejected:,} 行（tables/rejects.csv）")
    typer.echo(f"待核 {len(evaluation.review)} 项（payroll.xlsx「待核」）")
    unread = [item for item in evaluation.review if item.kind in ("unrecognised_file", "refused_file")]
    if unread:
        typer.echo(f"⚠ {len(unread)} 个文件没有读入（见「待核」）")
    for item in evaluation.review:
        if item.kind == "ads_model":
            typer.secho(f"⚠ {item.detail}", fg=typer.colors.RED, err=True)
    for line in evaluation.links_told():
        typer.echo(line)
    typer.echo(f"工资合计 {evaluation.payroll_total:,.2f} 元")
    if evaluation.assessments:
        typer.echo(f"平台考核　{out / 'assessment.html'}")
    typer.echo(f"工作簿　　{out / 'payroll.xlsx'}\n主管页面　{out / 'team.html'}")
    typer.echo(f"客服自查　{out / 'agents'}{os.sep}（分发用：{out / 'agents.zip'}）")


@app.command("template")
def template_file(
    out: Annotated[Path, typer.Option("--out", help="写成哪个 xlsx 文件")] = Path("工资表模板.xlsx"),
) -> None:
    """写一个工资表模板：改成自己的样子，放进月份文件夹的 templates/，或用 run --template。"""
    from evaluator.render.forms.sample import write_template

    write_template(out)
    typer.echo(f"模板已写到 {out}；可用的名称见其中「可用名称」")


@app.command()
def check(month: Month) -> None:
    """只读取和核对，列出哪些文件、哪些行会被采用或拒收。"""
    from evaluator.review import REASONS
    from evaluator.settings import load_month
    from evaluator.sources import read_month
    from evaluator.sources.column_words import spoken

    config = load_month(month)
    with progress_line() as progress:
        data = read_month(config, progress)
    typer.echo(f"期间 {config.start} 至 {config.end}（不含），方案 {len(config.plans)} 个")
    typer.echo(f"{'文件':<44}{'表':<14}{'格式':<22}{'读入':>9}{'采用':>9}{'拒收':>7}")
    for f in data.inputs:
        typer.echo(
            f"{f.file:<44}{f.table or '—':<14}{f.format:<22}{f.rows_in:>9,}{f.rows_used:>9,}{f.rows_rejected:>7,}"
        )
    for reject in data.rejects[:50]:
        why = REASONS.get(reject.why, reject.why)
        typer.echo(
            f"拒收 {reject.file} 第 {reject.row} 行数据 {spoken(reject.column)}「{reject.value[:40]}」：{why}"
        )
    if len(data.rejects) > 50:
        typer.echo(f"…… 另有 {len(data.rejects) - 50} 行")
    for item in (*config.review, *data.review):
        typer.echo(f"待核 {item.subject}：{item.detail}")


@app.command("map")
def map_file(
    file: Annotated[Path, typer.Argument(help="任意 CSV 或工作簿", metavar="FILE")],
) -> None:
    """为认不出的表格建议列的映射；核对后存为月份文件夹里的 mapping.yaml。"""
    from evaluator.sources.propose import proposal_text

    typer.echo(proposal_text(file))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="写到哪里")] = Path("demo-month"),
    seed: Annotated[int, typer.Option(help="随机种子：同一种子写出完全相同的文件")] = 2026,
) -> None:
    """写一个示范月份：真实的淘宝/天猫导出格式，虚构的店铺。"""
    from evaluator.demo import write_demo

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise EvaluatorError(f"{folder} 已经存在，不覆盖；请换一个空文件夹，或先删除它")
    write_demo(folder, seed=seed)
    typer.echo(f"示范月份已写到 {folder}；计算：evaluator run {folder} --out reports/demo")


@app.command()
def explain(
    out: Annotated[Path, typer.Argument(help="一次运行的结果文件夹", metavar="OUT")],
    order: Annotated[str | None, typer.Option(help="订单号：归谁、为什么、谁协助")] = None,
    buyer: Annotated[str | None, typer.Option(help="买家：他的聊天、订单，为什么（不）当作广告")] = None,
    agent: Annotated[str | None, typer.Option(help="员工号（或未绑定账号）")] = None,
    metric: Annotated[str | None, typer.Option(help="指标 id，如 conversion_rate")] = None,
    pay: Annotated[
        str | None, typer.Option(help="员工号：他的工资从合计到每一行、每项得分、每个指标")
    ] = None,
    limit: Annotated[int, typer.Option(help="最多列出多少行")] = 200,
) -> None:
    """说明一个结果的来历：一张订单的归属，一位买家，一个人的工资，或一个指标背后的每一行。"""
    if pay and not (order or buyer or agent or metric):
        from evaluator.finished import FinishedRun

        for line in FinishedRun(out).pay(pay):
            typer.echo(line)
    elif pay:
        raise typer.BadParameter("--pay 单独使用")
    elif buyer and not (order or agent or metric):
        from evaluator.explain import explain_buyer

        typer.echo(explain_buyer(out, buyer))
    elif order and not (buyer or agent or metric):
        from evaluator.explain import explain_order

        typer.echo(explain_order(out, order))
    elif agent and metric and not (order or buyer):
        from evaluator.explain_metric import explain_metric

        typer.echo(explain_metric(out, agent, metric, limit))
    else:
        raise typer.BadParameter(
            "请用 --order 订单号，--buyer 买家，--pay 员工号，或 --agent 员工号 --metric 指标"
        )


@app.command()
def reconcile(
    month: Month,
    report: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            help="平台的客服报表：生意参谋、京东咚咚、拼多多、飞鸽；可写几次。不写则用月份文件夹里的报表",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 写出")] = False,
) -> None:
    """与平台自己的报表对账：逐账号、逐指标列出本程序与平台的数、差多少、为什么。"""
    import json

    from evaluator.reconcile import as_text
    from evaluator.reconcile import reconcile as compare

    with progress_line(as_json) as progress:
        found = compare(month, report or (), progress)
    if as_json:
        typer.echo(json.dumps([line.as_json() for line in found.lines], ensure_ascii=False, indent=1))
        for remark in found.remarks:
            typer.echo(remark, err=True)
    else:
        typer.echo(as_text(found))


@app.command()
def simulate(
    months: Annotated[
        list[Path], typer.Argument(help="一个或几个月份文件夹，账期不能重叠", metavar="MONTHS...")
    ],
    plan: Annotated[str, typer.Option(help="要试的方案：文件，或 rules/plans 里方案的名称")],
    judgment: Annotated[
        str,
        typer.Option(help="新工资按哪种判定：order、payment、order_first、grouped_chain；不写则按各月的设置"),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="写出 simulation.xlsx 与 simulation.html 的文件夹")
    ] = None,
    ledger: Annotated[
        str | None, typer.Option("--ledger", help="账本：已锁定的月份，原工资取实发（含第 9、11 行）")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 写出每个人的原工资与新工资")] = False,
) -> None:
    """换一个方案会怎样：每个人的原工资与新工资，谁增谁减，关口与上限，敏感度，四种判定。"""
    from evaluator.ledger.store import Ledger
    from evaluator.render.simulation import check_place, write_simulation
    from evaluator.simulate import as_json as json_text
    from evaluator.simulate import as_text
    from evaluator.simulate import simulate as compare

    if out is not None:
        check_place(out, months)
    with progress_line(as_json) as progress:
        found = compare(months, plan, judgment, progress, Ledger(ledger) if ledger else None)
        if out is not None:
            write_simulation(found, out)
    typer.echo(json_text(found) if as_json else as_text(found))
    if out is not None and not as_json:
        typer.echo(f"工作簿　{out / 'simulation.xlsx'}\n页面　　{out / 'simulation.html'}")


@app.command()
def assess(
    month: Month,
    platform: Annotated[
        str,
        typer.Option(help="平台或规则包，如 tmall、tmall_basic_service；不写则按 period.yaml 的 platform"),
    ] = "",
    window: Annotated[
        str | None,
        typer.Option(
            help="不按本期，而按：last_7、last_30、day、week、month（以期末为止），并列出环比；period 为本期加环比"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 写出")] = False,
) -> None:
    """按平台自己的考核规则算：每项数值、目标、得分，差多少，后果是什么。"""
    from evaluator.assess.commands import as_json as json_text
    from evaluator.assess.commands import assess_month
    from evaluator.assess.told import as_text

    with progress_line(as_json) as progress:
        found = assess_month(month, platform, window, progress)
    typer.echo(json_text(found) if as_json else as_text(found))


@app.command()
def insight(
    month: Month,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 写出")] = False,
    page: Annotated[Path | None, typer.Option("--html", help="写成一张网页（可打印）")] = None,
    book: Annotated[Path | None, typer.Option("--xlsx", help="写成工作簿，另有一张表供改正场景")] = None,
) -> None:
    """服务诊断：与同行比、评价标签、会话场景、满意率最低的场景与评分最低的会话、咨询体验评级。"""
    from evaluator.insight.study import insight_month
    from evaluator.insight.told import as_json as json_text
    from evaluator.insight.told import as_text, write_book, write_page

    with progress_line(as_json) as progress:
        found = insight_month(month, progress)
    for path, write in ((page, write_page), (book, write_book)):
        if path is not None:
            write(found, path)
    if as_json:
        typer.echo(json_text(found))
    elif page is None and book is None:
        typer.echo(as_text(found))
    for path in (page, book):
        if path is not None:
            typer.echo(f"已写出 {path}", err=as_json)
    if as_json or page or book:
        for note in found.notes:
            typer.secho(f"⚠ {note}", err=True)


@app.command()
def schema(
    out: Annotated[Path, typer.Option("--out", help="写到哪个文件夹")] = Path("schema"),
) -> None:
    """写出 period.yaml、方案、规则包、mapping.yaml 的 JSON Schema，供编辑器补全和检查。"""
    from evaluator.schema import write_schemas

    for path in write_schemas(out):
        typer.echo(path)


@app.command()
def handbook(
    out: Annotated[Path | None, typer.Option("--out", help="写成 Markdown 文件；都不写则打印")] = None,
    page: Annotated[Path | None, typer.Option("--html", help="写成网页")] = None,
) -> None:
    """考核手册：每个指标的定义、参数、来源，每个平台规则包的考核项，由规则文件生成。"""
    from evaluator.render.handbook import handbook_markdown, handbook_page

    for path, make in ((out, handbook_markdown), (page, handbook_page)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(make(), encoding="utf-8")
    if out is None and page is None:
        typer.echo(handbook_markdown(), nl=False)


def main() -> None:
    """Runs a command. What a user can put right is told in a sentence, with exit code 2."""
    give_back_soon()
    try:
        app()
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.exit(0)
    except EvaluatorError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
