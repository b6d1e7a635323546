"""The command line. Heavy modules are imported by the command that needs them, so that ``--help`` is quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from evaluator.ads.commands import app as ads_app
from evaluator.engine import commands as engine_commands
from evaluator.engine.memory import give_back_soon
from evaluator.errors import EvaluatorError
from evaluator.ledger import commands as ledger_commands
from evaluator.terminal import progress_line

app = typer.Typer(
    help="客服绩效：从聊天记录到工资表，每一分钱都能追到消息和规则。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command("run")(engine_commands.run)
app.command("watch")(engine_commands.watch)
app.add_typer(ads_app, name="ads")
app.command("lock")(ledger_commands.lock)
app.command("revise")(ledger_commands.revise)
app.add_typer(ledger_commands.app, name="ledger")

Month = Annotated[Path, typer.Argument(help="月份文件夹：period.yaml 与各平台导出文件", metavar="MONTH")]


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
        from evaluator.explain_buyer import explain_buyer

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
