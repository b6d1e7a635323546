"""simulation.xlsx and simulation.html: a simulation as a workbook and a self-contained page."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evaluator.manifest import program_version
from evaluator.model import EvaluatorError
from evaluator.render.pages import environment, style
from evaluator.render.sheet import Block, Column, Sheet
from evaluator.render.sheetwriter import write_sheets
from evaluator.render.view.simulation import SimulationPage, simulation_page
from evaluator.simulate.compare import Simulation

WORKBOOK, PAGE = "simulation.xlsx", "simulation.html"


def check_place(out: Path, months: Sequence[Path]) -> Path:
    """Where a simulation may be written: not into a month's data. Errors: EvaluatorError."""
    place = out.resolve()
    for month in (m.resolve() for m in months):
        if place == month or month in place.parents:
            raise EvaluatorError(f"输出文件夹 {out} 在月份文件夹 {month} 里；请用 --out 指定别的文件夹")
    if place.exists() and not place.is_dir():
        raise EvaluatorError(f"输出位置 {out} 是一个文件；请用 --out 指定一个文件夹")
    if (place / "period.yaml").exists():
        raise EvaluatorError(
            f"输出文件夹 {out} 是一个月份文件夹（有 period.yaml）；请用 --out 指定别的文件夹"
        )
    return place


def write_simulation(found: Simulation, out: Path) -> None:
    """Writes both files into ``out``, each whole or not at all."""
    out = check_place(out, [m.config.folder for m in found.months])
    page = simulation_page(found)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".simulation.", dir=out) as work:
            first = found.months[0].start
            write_sheets(sheets(page), Path(work) / WORKBOOK, "方案模拟", first)
            text = (
                environment()
                .get_template("simulation.html.j2")
                .render(page=page, css=style(), version=f"evaluator {program_version()}")
            )
            (Path(work) / PAGE).write_text(text, "utf-8")
            for name in (WORKBOOK, PAGE):
                os.replace(Path(work) / name, out / name)
    except OSError as error:
        raise EvaluatorError(
            f"不能写到 {out}：{error.strerror}；请用 --out 指定有写权限的位置（工作簿若开着，请先关上）"
        ) from None


def sheets(page: SimulationPage) -> list[Sheet]:
    """The workbook's sheets: the page's tables."""
    title = f"方案模拟：{page.plan}　{page.period}　{page.judgment}"
    figures = [(tile.title, tile.value, tile.note) for tile in page.tiles]
    summary = Block(
        "概览", (Column("项目", width=16), Column("数值", width=22), Column("说明", width=24)), figures
    )
    told = Block("怎么算的", (Column("说明", "wrap", 120),), [(note,) for note in page.notes])
    every = Block(page.sensitivity.title, page.sensitivity.columns, [*page.sensitivity.rows, *page.idle.rows])
    return [
        Sheet("对比", title, [page.agents], warnings=tuple(page.warnings)),
        Sheet("概览与各项", title, [summary, page.lines, page.limits], freeze=0),
        Sheet("四种判定", title, page.judged),
        Sheet("敏感度", title, [every], freeze=1),
        Sheet("说明与待核", title, [page.review, told], freeze=0),
    ]
