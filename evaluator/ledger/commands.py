"""``evaluator lock``, ``revise`` and ``ledger …``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.terminal import progress_line

if TYPE_CHECKING:
    from evaluator.run import Bring

LedgerPlace = Annotated[
    str,
    typer.Option("--ledger", help="账本：文件（如 pay.db），或 postgresql://用户@主机/库", metavar="LEDGER"),
]
app = typer.Typer(help="账本：已锁定的各期工资，只增不改。", no_args_is_help=True)


def asking(place: str, out: Path) -> Bring:
    """What a run into the folder ``out`` is to ask of a ledger. Errors: EvaluatorError where the place cannot be meant:
    its folder is not there, or another ledger lies in it."""
    from evaluator.ledger.clawback import bring_from
    from evaluator.ledger.lock import head_seen
    from evaluator.ledger.store import Ledger

    ledger = Ledger(place)
    ledger.may_be_first()
    return bring_from(ledger, head_seen(out))


def lock(
    out: Annotated[Path, typer.Argument(help="一次运行的结果文件夹", metavar="OUT")],
    ledger: LedgerPlace,
    month: Annotated[
        Path | None, typer.Option("--month", help="月份文件夹现在的位置（搬动过才需要）")
    ] = None,
) -> None:
    """锁定一期：工资、评分、归属、规则与输入的校验值一次写入账本，从此不改。"""
    from evaluator.ledger.lock import lock as lock_run
    from evaluator.ledger.store import Ledger

    book = Ledger(ledger)
    with progress_line() as progress:
        done = lock_run(out, book, month, progress)
    start, _, end = done.period.partition("/")
    typer.echo(f"已锁定 {start} 至 {end}（不含），账本 {book.where} 共 {done.entries:,} 条")
    typer.echo(f"链头 {done.head}")
    typer.echo("链头已写入 manifest.json；请另外抄存一份（工资单、邮件），账本末尾若被截断即可查出")


@app.command()
def verify(
    ledger: LedgerPlace,
    out: Annotated[
        Path | None, typer.Argument(help="锁定过的结果文件夹：再核对其 manifest.json 里的链头", metavar="OUT")
    ] = None,
    head: Annotated[str | None, typer.Option("--head", help="抄存的链头")] = None,
) -> None:
    """重算哈希链：账本有没有被改动、截断；不可信时说出在哪一条，退出码 2。"""
    from evaluator.ledger.lock import verify as follow
    from evaluator.ledger.store import Ledger

    book = Ledger(ledger)
    with progress_line() as progress:
        if progress:
            progress("重算哈希链")
        found = follow(book, out, head)
    if found:
        typer.echo(f"账本 {book.where} 完好：{found.entries:,} 条，链头 {found.head}")
    else:
        typer.echo(f"账本 {book.where} 是空的，还没有锁定过任何一期；若锁定过，就是被清空了，请用备份")


@app.command("list")
def list_periods(
    ledger: LedgerPlace,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 写出")] = False,
) -> None:
    """已锁定的各期：店铺、人数、工资合计、何时锁定、链头、后来的修订；以及还没有结清的追回、结转与调整。"""
    from evaluator.ledger.listing import listing
    from evaluator.ledger.store import Ledger

    found = listing(Ledger(ledger))
    typer.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=1) if as_json else found.as_text())


def revise(
    month: Annotated[Path, typer.Argument(help="月份文件夹，放着后来的数据", metavar="MONTH")],
    ledger: LedgerPlace,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 写出")] = False,
) -> None:
    """用后来的数据重算已锁定的一期：列出谁的哪一行差多少、为什么，记入下一期的调整；重复运行不重复记。"""
    from evaluator.ledger.revise import revise as revise_month
    from evaluator.ledger.store import Ledger

    with progress_line(as_json) as progress:
        found = revise_month(month, Ledger(ledger), progress)
    if as_json:
        typer.echo(json.dumps([d.as_json() for d in found.differences], ensure_ascii=False, indent=1))
        return
    for d in found.differences:
        typer.echo(f"{d.employee_id} {d.name}　{d.label}　{d.old:,.2f} → {d.new:,.2f}（{d.amount:+,.2f}）")
        typer.echo(f"　　原因：{d.cause}")
    if not found.differences:
        typer.echo(f"{found.told} 与账本没有差别，没有新的调整")
        return
    total = sum(d.amount for d in found.differences)
    typer.echo(
        f"{found.told} 共 {len(found.differences)} 处差别，合计 {total:+,.2f} 元，记入下一期的第 11 行（调整）"
    )
    typer.echo(f"链头 {found.head}")
