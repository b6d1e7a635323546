"""The handbook: not stale, complete, well formed; every dated value told with its date and source."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.dated import LIKE_A_DATE
from evaluator.metrics.request import METRIC_OPTIONS
from evaluator.planfile import METHODS
from evaluator.render.handbook import handbook, handbook_markdown, handbook_page
from evaluator.render.handbook.chapter import Section
from evaluator.render.handbook.content import _words
from evaluator.render.handbook.markdown import _text
from evaluator.render.handbook.packs import chapter, pack_files
from evaluator.render.sheet import Block, Cell
from evaluator.rulebook import RulesFinder, builtin, key_words, label, metric_catalogue
from evaluator.settings import Filters, Settings
from evaluator.tables import TABLES

MARKDOWN = handbook_markdown()
SHIPPED = builtin("rules").parent / "docs" / "handbook.md"
PACKS = sorted((builtin("rules") / "platforms").glob("*.yaml"))


def part(anchor: str, text: str = MARKDOWN) -> str:
    """What stands under an anchor, up to the next."""
    return text.split(f'<a id="{anchor}"></a>')[1].split('<a id="')[0]


def plain(row: Any) -> list[str]:
    return [str(item.value if isinstance(item, Cell) else item) for item in row]


def test_it_is_not_stale() -> None:
    shipped = SHIPPED.read_text("utf-8")
    assert shipped == MARKDOWN, (
        "docs/handbook.md 过时：请运行 make handbook（evaluator handbook --out docs/handbook.md）"
    )


# ---- form ----
def test_every_link_has_its_anchor() -> None:
    links, anchors = re.findall(r"\]\(#([^)]+)\)", MARKDOWN), re.findall(r'<a id="([^"]+)">', MARKDOWN)
    assert len(anchors) == len(set(anchors)) > 20
    assert set(links) <= set(anchors)
    assert {
        f"pack-{path.stem}" for path in PACKS if "items" in yaml.safe_load(path.read_text("utf-8"))
    } <= set(links)


def test_every_table_is_well_formed() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", MARKDOWN, re.MULTILINE)
    assert len(tables) > 20
    for table in tables:
        head, rule, *rows = [re.split(r"(?<!\\)\|", line) for line in table.strip().split("\n")]
        assert {cell.strip() for cell in rule[1:-1]} == {"---"}
        assert rows and {len(row) for row in (rule, *rows)} == {len(head)}
        assert all(cell.strip() for cell in head[1:-1])


def test_foreign_text_is_text() -> None:
    assert _text("a|b\n<b>*_x_* `c` [d](e)") == r"a\|b<br>&lt;b>\*_x_\* \`c\` \[d](e)"


# ---- complete ----
@pytest.mark.parametrize("metric", metric_catalogue())
def test_every_metric_is_told(metric: str) -> None:
    info = metric_catalogue()[metric]
    (row,) = re.findall(
        rf"^\| [^|]*<br>`{metric}` \|.*$", "\n".join(part(f"metrics-{n}") for n in range(1, 8)), re.M
    )
    assert info.name in row and info.source in row and info.rule in row
    assert info.definition.split("{")[0].split("[")[0] in row
    for need in re.split(r"[ |]+", " | ".join(info.needs)):
        assert label("tables", need.partition(".")[0].removesuffix("?")) in row
    assert all(f"（{option}" in row for option in info.options)


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_every_pack_is_told(path: Path) -> None:
    written = yaml.safe_load(path.read_text("utf-8"))
    assert f"`{path.stem}`" in part("platforms-all")
    if "items" not in written:
        return
    told = part(f"pack-{path.stem}")
    assert written["name"] in told and written["source"] in told and str(written["reviewed_until"]) in told
    for item in written["items"]:
        assert f"`{item['id']}`" in told and f"`{item['metric']}`" in told
        for key in ("consequence", "note", "section", "name"):
            assert _text(item.get(key, "")) in told
    for _, name, *extra in written.get("grades", []):
        assert name in told and all(_text(e["consequence"]) in told for e in extra)


def dates(value: Any) -> list[str]:
    """Every date that a value of a file is written by."""
    if isinstance(value, list):
        return [d for child in value for d in dates(child)]
    if not isinstance(value, dict):
        return []
    own = [str(key) for key in value if LIKE_A_DATE.match(str(key))]
    return own + [d for child in value.values() for d in dates(child)]


def test_every_dated_value_of_the_packs_is_told() -> None:
    written = {path.stem: sorted(dates(yaml.safe_load(path.read_text("utf-8")))) for path in PACKS}
    assert any(written.values())
    for pack, days in written.items():
        told = part(f"pack-{pack}").partition("**历次规定**")[2] if days else ""
        assert sorted(re.findall(r"\| (\d{4}-\d\d-\d\d) \| (?!\d{4}-)", told)) == days, pack


def test_options_methods_settings_and_tables_are_told() -> None:
    assert all(f"`{key}`" in part("options-all") for key in METRIC_OPTIONS)
    assert all(f"`{key}`" in part("methods-all") for key in METHODS)
    assert all(
        f"`{key}`" in part("settings-all") for key in Settings.model_fields if key not in ("filters", "ad")
    )
    assert all(f"`filters.{key}`" in part("settings-filters") for key in Filters.model_fields)
    assert all(f"`{key}`" in part("tables-all") and label("tables", key) != key for key in TABLES)
    assert key_words()["settings"].keys() == Settings.model_fields.keys()


# ---- values by date, settings ----
OWN = """\
name: 自家考核
source: 商家后台
items:
  - id: fast
    metric: reply_within
    seconds: {2024-01-01: 60, 2026-01-01: 30}
    unit: turn
    target: {values: {2024-01-01: 0.5, 2025-07-01: null, 2026-01-01: 0.8}, source: 公告, reviewed_until: 2026-12-31}
    consequence: 罚|款
    method: linear
    weight: 10
    worst: 0.2
    best: 0.9
grades: {2024-01-01: [[60, 合格, {consequence: 警告}], [0, 差]]}
"""


def section(folder: Path) -> Section:
    (folder / "platforms").mkdir()
    (folder / "platforms" / "own.yaml").write_text(OWN, "utf-8")
    files = [file for file in pack_files(RulesFinder((folder,))) if file.id == "own"]
    (found,) = chapter(files, _words(Settings(), files)).sections
    return found


def test_an_items_row_says_what_holds_now_and_since_when(tmp_path: Path) -> None:
    items, grades, _ = section(tmp_path).blocks
    row = dict(zip((c.title for c in items.columns), plain(next(iter(items.rows))), strict=True))
    assert row["考核项"] == "限时应答率"
    assert row["口径"].startswith("对话轮次中，30 秒内答复的占比")
    assert row["参数"] == "秒数 30（2026-01-01 起）\n按 逐轮"
    assert row["目标"] == "≥ 80%（2026-01-01 起）"
    assert (row["权重"], row["后果"]) == ("10", "罚|款")
    assert row["计分"] == "线性：0.2 得 0 分，0.9 得 10 分，中间按直线"
    assert [plain(r) for r in grades.rows] == [["≥ 60", "合格", "警告"], ["≥ 0", "差", ""]]


def test_the_history_of_a_value(tmp_path: Path) -> None:
    history: Block = section(tmp_path).blocks[2]
    name = "限时应答率"
    assert [plain(row) for row in history.rows] == [
        [name, "秒数", "seconds", "2024-01-01", "60", "", ""],
        [name, "秒数", "seconds", "2026-01-01", "30", "", ""],
        [name, "目标", "target", "2024-01-01", "50%", "公告", "2026-12-31"],
        [name, "目标", "target", "2025-07-01", "不适用", "公告", "2026-12-31"],
        [name, "目标", "target", "2026-01-01", "80%", "公告", "2026-12-31"],
        ["自家考核", "等级", "grades", "2024-01-01", "60、合格、consequence 警告、0、差", "", ""],
    ]


def test_definitions_carry_the_months_settings() -> None:
    def definition(settings: Settings | None) -> str:
        metrics = next(chapter for chapter in handbook(settings).chapters if chapter.id == "metrics")
        rows = (plain(row) for part in metrics.sections for block in part.blocks for row in block.rows)
        return next(row[2] for row in rows if row[0] == "成交人数")

    assert "当天起 1 天内付款" in definition(None)
    assert "当天起 3 天内付款" in definition(Settings(window_days=3))


# ---- files ----
def test_the_commands_write_files(tmp_path: Path) -> None:
    out, page = tmp_path / "book.md", tmp_path / "book.html"
    run = CliRunner()
    assert run.invoke(app, ["handbook", "--out", str(out), "--html", str(page)]).exit_code == 0
    assert out.read_text("utf-8") == MARKDOWN == run.invoke(app, ["handbook"]).stdout
    assert page.read_text("utf-8") == handbook_page()
    assert "team.html" not in handbook_page()
    assert run.invoke(app, ["schema", "--out", str(tmp_path / "schema")]).exit_code == 0
    shipped = {path.name: path.read_text("utf-8") for path in (builtin("rules") / "schema").iterdir()}
    assert {path.name: path.read_text("utf-8") for path in (tmp_path / "schema").iterdir()} == shipped
