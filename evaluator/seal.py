"""The seal of a run's folder: hashes of its tables and evidence in the manifest, and a hash of the manifest itself. Who
reads the folder later sees what was damaged or edited meanwhile, before any of it is believed.

It is a seal, no lock: whoever rewrites a file *and* the manifest leaves no trace here. The ledger does not believe the
folder after it is locked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from evaluator.model import EvaluatorError

MANIFEST = "manifest.json"
SEALED = ("tables", "evidence")  # folders whose files are read again
RERUN = "请重新运行 evaluator run"

Manifest = dict[str, Any]


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def outputs(out: Path) -> dict[str, str]:
    """Every sealed file of a run's folder with its hash, by name."""
    files = sorted(path for folder in SEALED for path in (out / folder).rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): digest(path) for path in files}


def sealed(manifest: Manifest) -> Manifest:
    """The manifest with its own hash."""
    bare = {key: value for key, value in manifest.items() if key != "sha256"}
    said = json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return bare | {"sha256": hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()}


def read_manifest(out: Path) -> Manifest:
    """Raises EvaluatorError where the folder is no run's, or the manifest is not as it was written."""
    path = out / MANIFEST
    if not path.is_file():
        raise EvaluatorError(
            f"{out} 不是一次运行的结果：没有 {MANIFEST}；请核对路径，应为 evaluator run 的 --out 文件夹"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise EvaluatorError(f"{out} 的 {MANIFEST} 读不出（损坏或不完整）；{RERUN}")
    program = found.get("program")
    if not isinstance(program, dict) or program.get("name") != "evaluator":
        raise EvaluatorError(f"{out} 不是 evaluator run 的结果：{MANIFEST} 不是本程序写的")
    if "sha256" not in found or "outputs" not in found:
        raise EvaluatorError(
            f"{out} 不是一次完整的运行结果，或由以前的版本写出：{MANIFEST} 里没有校验值；{RERUN}"
        )
    if sealed(found) != found:
        raise EvaluatorError(f"{out} 的 {MANIFEST} 在写出之后损坏或被改动过；{RERUN}")
    return found


def _remedy(manifest: Manifest) -> str:
    if "ledger" in manifest:
        return "这一期已经锁定，以账本为准；请从备份恢复这个文件夹，并查明是谁改动的"
    return RERUN


def intact(out: Path, manifest: Manifest, name: str) -> Path:
    """A sealed file, as it was written. Raises EvaluatorError with its name where it is not."""
    path, written = out / name, manifest["outputs"].get(name)
    if not path.is_file():
        raise EvaluatorError(f"{out} 不是一次完整的运行结果：没有 {name}；{_remedy(manifest)}")
    try:
        same = digest(path) == written
    except OSError as error:
        raise EvaluatorError(f"{path} 读不了（{error.strerror}）；请检查权限，或{RERUN[1:]}") from None
    if not same:
        raise EvaluatorError(f"{out} 里的 {name} 在写出之后损坏或被改动过；{_remedy(manifest)}")
    return path
