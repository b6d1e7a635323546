"""Whether a month's files are still those that a run read (SPEC §10: the manifest's hashes)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluator.model import EvaluatorError
from evaluator.seal import digest
from evaluator.settings import load_month
from evaluator.sources import archives
from evaluator.sources.files import scan

MOST_NAMED = 5


def month_of(out: Path, manifest: dict[str, Any], given: Path | None) -> Path:
    """The folder that a run was made from. Raises EvaluatorError where it is not there."""
    folder = given or (out.resolve() / str(manifest.get("month", ""))).resolve()
    if not (given or manifest.get("month")) or not folder.is_dir():
        raise EvaluatorError(
            f"找不到这次结果的月份文件夹（{folder}），不能核对输入是否还是当时的文件，没有锁定；"
            "请把它放回原处，或用 --month 指明它现在的位置"
        )
    return folder


def check_inputs(month: Path, manifest: dict[str, Any]) -> None:
    """Raises EvaluatorError where files were changed, added or taken away since the run."""
    wrong = [
        *_changed_rules(month, manifest["rules"]),
        *_changed_files(month, manifest),
    ]
    if wrong:
        named = "、".join(wrong[:MOST_NAMED]) + (f" 等 {len(wrong)} 处" if len(wrong) > MOST_NAMED else "")
        raise EvaluatorError(
            f"月份文件夹 {month} 在这次计算之后变了：{named}；没有锁定。请重新运行 evaluator run，核对后再锁定"
        )


def _changed_rules(month: Path, rules: dict[str, str]) -> list[str]:
    """Settings, plans, mappings, models beside the data; rules that ship with the program are told by its version."""
    own = {name: held for name, held in rules.items() if not name.startswith("rules/")}
    wrong = [
        f"{name} {'已修改' if (month / name).is_file() else '不见了'}"
        for name, held in own.items()
        if not (month / name).is_file() or digest(month / name) != held
    ]
    if wrong:
        return wrong
    return [f"{name} 是新放入的" for name in load_month(month).sources.keys() - rules.keys()]


def _changed_files(month: Path, manifest: dict[str, Any]) -> list[str]:
    read = {f["file"]: f["sha256"] for f in manifest["inputs"]}
    unread, seen, wrong = set(manifest["unread"]), set[str](), list[str]()
    with archives.opened(month) as folder:
        for rel, path in folder.files():
            mine = [file for file in read if file == rel or file.startswith(f"{rel}#")]
            seen.update(mine)
            if not mine and not any(file == rel or file.startswith(f"{rel}#") for file in unread):
                wrong.append(f"{rel} 是新放入的")
            elif mine and scan(path, text=False).sha256 != read[mine[0]]:
                wrong.append(f"{rel} 已修改")
    return wrong + [f"{file} 不见了" for file in read if file not in seen]
