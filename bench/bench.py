"""How fast, and in how much memory: ``python bench/bench.py --messages 1000000 10000000``.

For each size it makes a month (kept in a cache folder outside the repository), then measures, in fresh processes and
one after the other,

- the floor: Polars reads all columns of messages.parquet and sorts them by shop, buyer and time;
- three figures only (response time, reply rate, last touch), as a plain pandas script;
- the same three as hand-written DuckDB SQL;
- ``evaluator run`` on the month, everything, from files to reports;

wall seconds, processor seconds and peak resident memory each, and prints tables in Markdown, with the run's stages as
its manifest.json gives them. ``--repeat`` takes the best of several. ``--csv``: the same months as CSV; the floor is
then Polars parsing it. What needs more than ``--limit`` GB of address space is ended and says so, but for the run."""

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


CSV_FLOOR = """\
import sys, polars as pl
print(pl.read_csv(sys.argv[1], infer_schema=False).height)
"""
TO_CSV = """\
import sys, polars as pl
pl.scan_parquet(sys.argv[1]).sink_csv(sys.argv[2], datetime_format="%Y-%m-%d %H:%M:%S%.3f")
"""
SCRIPTS = {"pandas": "plain_pandas.py", "DuckDB": "plain_duckdb.py"}


@dataclass
class Measure:
    """One process: wall and processor seconds, peak memory in bytes, and the stages it reported."""

    seconds: float
    cpu: float
    peak: int
    stages: dict[str, float] = field(default_factory=dict)


def measure(command: list[str], log: Path, limit: int | None = None) -> Measure | None:
    """Run a command in a fresh process. Its output goes to ``log``; a failure ends the benchmark with it, but for one
    of a process that may have only ``limit`` bytes: None."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    bounded = command if limit is None else ["prlimit", f"--as={limit}", *command]
    with log.open("wb") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(bounded, stdout=output, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-4000:])
        if limit is not None:
            return None
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    scale = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, kilobytes elsewhere
    return Measure(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * scale)


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


def as_csv(folder: Path) -> Path:
    """The same month with its large tables as CSV, made where it is not there yet."""
    made = folder.with_name(f"{folder.name}_csv")
    if not (made / "done").exists():
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        for path in folder.iterdir():
            if path.name in ("messages.parquet", "orders.parquet"):
                subprocess.run(
                    [sys.executable, "-c", TO_CSV, str(path), str(made / f"{path.stem}.csv")], check=True
                )
            else:
                shutil.copy(path, made)
    return made


def run(folder: Path, work: Path, log: Path, options: list[str]) -> Measure:
    """``evaluator run`` on a month, with further options; the marker file of the cache is none of its input."""
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    inputs = work / "month"
    shutil.rmtree(inputs, ignore_errors=True)
    inputs.mkdir()
    for path in folder.iterdir():
        if path.name != "done":
            (inputs / path.name).symlink_to(path)
    command = [sys.executable, "-m", "evaluator", "run", str(inputs), "--out", str(out), *options]
    found = measure(command, log)
    assert found is not None
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    found.stages = {name: float(seconds) for name, seconds in manifest.get("timings", {}).items()}
    return found


def best(attempts: list[Measure | None]) -> Measure | None:
    """The quickest attempt, with the largest memory of all; None where one needed too much."""
    whole = [m for m in attempts if m is not None]
    if len(whole) < len(attempts):
        return None
    quickest = min(whole, key=lambda m: m.seconds)
    return Measure(quickest.seconds, quickest.cpu, max(m.peak for m in whole), quickest.stages)


def table(rows: list[list[str]]) -> str:
    """A Markdown table, the first row its head; numbers to the right."""
    head, *body = rows
    rule = [":--", *["--:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *body])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=1, help="take the best of so many")
    parser.add_argument("--csv", action="store_true", help="months as CSV instead of Parquet")
    parser.add_argument("--limit", type=int, default=16, help="GB that floor and scripts may have")
    parser.add_argument("--run", default="", help="further options of evaluator run, such as '--memory 2GB'")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "evaluator-bench",
        help="where generated months are kept",
    )
    return parser.parse_args()


def commands(folder: Path, csv: bool) -> dict[str, list[str]]:
    """What is measured beside the run."""
    if csv:
        return {"Polars parses": [sys.executable, "-c", CSV_FLOOR, str(folder / "messages.csv")]}
    floor = {"floor": [sys.executable, "-c", FLOOR, str(folder / "messages.parquet")]}
    return floor | {
        name: [sys.executable, str(ROOT / "bench" / script), str(folder)] for name, script in SCRIPTS.items()
    }


def main() -> None:
    given = arguments()
    given.cache.mkdir(parents=True, exist_ok=True)
    sums = [["messages", "what", "wall s", "processor s", "peak GB", "run ÷ this"]]
    stages: dict[str, dict[int, float]] = {}
    with tempfile.TemporaryDirectory(dir=given.cache) as name:
        work = Path(name)
        for messages in given.messages:
            folder = month(given.cache, messages, given.seed)
            folder = as_csv(folder) if given.csv else folder
            found = {
                what: best([measure(command, work / "log", given.limit << 30) for _ in range(given.repeat)])
                for what, command in commands(folder, given.csv).items()
            }
            whole = best([run(folder, work, work / "log", given.run.split()) for _ in range(given.repeat)])
            assert whole is not None
            for what, one in (found | {"evaluator run": whole}).items():
                row = [f"{messages:,}", what]
                if one is None:
                    row += ["—", "—", f"> {given.limit}", "—"]
                else:
                    row += [f"{one.seconds:.1f}", f"{one.cpu:.1f}", f"{one.peak / 1e9:.2f}"]
                    row.append(f"{whole.seconds / one.seconds:.2f}")
                sums.append(row)
            for stage, seconds in whole.stages.items():
                stages.setdefault(stage, {})[messages] = seconds
    print(table(sums))
    body = [
        [stage, *(f"{found[m]:.2f}" if m in found else "" for m in given.messages)]
        for stage, found in stages.items()
    ]
    print("\n" + table([["stage s", *(f"{m:,}" for m in given.messages)], *body]))


if __name__ == "__main__":
    main()
