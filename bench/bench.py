"""How fast, and in how much memory: ``python bench/bench.py --messages 1000000 3000000 10000000``.

For each size it makes a month (kept in a cache folder outside the repository), then measures, in fresh
processes,

- the floor: Polars reads all columns of messages.parquet and sorts them by shop, buyer and time;
- ``evaluator run`` on the month,

wall seconds and peak resident memory each, and prints a table in Markdown, with the run's stages as its
manifest.json gives them. ``--repeat`` takes the best of several."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FLOOR = """\
import sys, polars as pl
print(pl.read_parquet(sys.argv[1]).sort("shop", "buyer", "ts", maintain_order=True).height)
"""


@dataclass
class Measure:
    """One process: wall seconds, peak memory in bytes, and the stages it reported."""

    seconds: float
    peak: int
    stages: dict[str, float] = field(default_factory=dict)


def measure(command: list[str], log: Path) -> Measure:
    """Run a command in a fresh process. Its output goes to ``log``; a failure ends the benchmark with it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    with log.open("wb") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-4000:])
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    scale = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, kilobytes elsewhere
    return Measure(seconds, usage.ru_maxrss * scale)


def month(cache: Path, messages: int, seed: int) -> Path:
    """The folder of a generated month, made where it is not there yet."""
    folder = cache / f"month_{messages}_{seed}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        begin = time.perf_counter()
        # In a process of its own: its memory must not count as the benchmark's.
        subprocess.run(
            [
                sys.executable,
                str(ROOT / "bench" / "generate.py"),
                str(folder),
                "--messages",
                str(messages),
                "--seed",
                str(seed),
            ],
            check=True,
        )
        (folder / "done").touch()
        print(f"generated {messages:,} messages in {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    return folder


def floor(folder: Path, log: Path) -> Measure:
    return measure([sys.executable, "-c", FLOOR, str(folder / "messages.parquet")], log)


def run(folder: Path, work: Path, log: Path) -> Measure:
    """``evaluator run`` on a month; the marker file of the cache is none of its input."""
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    inputs = work / "month"
    shutil.rmtree(inputs, ignore_errors=True)
    inputs.mkdir()
    for path in folder.iterdir():
        if path.name != "done":
            (inputs / path.name).symlink_to(path)
    found = measure([sys.executable, "-m", "evaluator.cli", "run", str(inputs), "--out", str(out)], log)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    found.stages = {name: float(seconds) for name, seconds in manifest.get("timings", {}).items()}
    return found


def best(attempts: list[Measure]) -> Measure:
    """The quickest attempt, with the largest memory of all."""
    quickest = min(attempts, key=lambda m: m.seconds)
    return Measure(quickest.seconds, max(m.peak for m in attempts), quickest.stages)


def table(rows: list[list[str]]) -> str:
    """A Markdown table, the first row its head; numbers to the right."""
    head, *body = rows
    rule = [":--", *["--:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *body])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=1, help="take the best of so many")
    parser.add_argument("--floor-only", action="store_true", help="do not run the evaluator")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "evaluator-bench",
        help="where generated months are kept",
    )
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    sums = [["messages", "floor s", "floor GB", "run s", "ratio", "peak GB", "messages/s"]]
    stages: dict[str, dict[int, float]] = {}
    with tempfile.TemporaryDirectory(dir=given.cache) as name:
        work = Path(name)
        for messages in given.messages:
            folder = month(given.cache, messages, given.seed)
            low = best([floor(folder, work / "log") for _ in range(given.repeat)])
            row = [f"{messages:,}", f"{low.seconds:.2f}", f"{low.peak / 1e9:.2f}"]
            if not given.floor_only:
                high = best([run(folder, work, work / "log") for _ in range(given.repeat)])
                row += [
                    f"{high.seconds:.2f}",
                    f"{high.seconds / low.seconds:.1f}",
                    f"{high.peak / 1e9:.2f}",
                    f"{messages / high.seconds:,.0f}",
                ]
                for stage, seconds in high.stages.items():
                    stages.setdefault(stage, {})[messages] = seconds
            sums.append(row + [""] * (len(sums[0]) - len(row)))
    print(table(sums))
    if stages:
        body = [
            [stage, *(f"{found[m]:.2f}" if m in found else "" for m in given.messages)]
            for stage, found in stages.items()
        ]
        print("\n" + table([["stage s", *(f"{m:,}" for m in given.messages)], *body]))


if __name__ == "__main__":
    main()
