"""How long the agents' pages take: ``python bench/pages.py --agents 1000 --messages 3000000``.

Makes a month (in a temporary folder), computes it, then writes its agents' pages and agents.zip as ``evaluator run``
does, and prints wall and processor seconds, pages a second and bytes a page. The plan ranks everybody's sales and
shares a pool, so that the next step of a figure costs what it may cost."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.generate import PLAN, generate
from evaluator.render import prepare
from evaluator.render.handout import NAME
from evaluator.render.helper import assisted
from evaluator.render.pages import AgentsFolder, Setting
from evaluator.render.text import page_files
from evaluator.render.view.agent import AgentPages
from evaluator.render.view.slices import Slices, Troubled
from evaluator.render.view.talks import Talks
from evaluator.run import evaluate_month

T = TypeVar("T")
RANKED = PLAN.replace(
    "pay:\n", "  - {metric: sales, weight: 10, method: rank, percentile: true}\npay:\n"
).replace("  min_wage", "  pool: {amount: 100000, by: score}\n  min_wage")


def timed(what: str, work: Callable[[], T]) -> T:
    """Does the work and prints its wall and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    made = work()
    print(f"{what:<28}{time.perf_counter() - wall:8.1f} s{time.process_time() - processor:8.1f} s")
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=3_000_000)
    parser.add_argument("--agents", type=int, default=1_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        month, out = Path(name) / "month", Path(name) / "out"
        generate(month, given.messages, given.agents)
        (month / "plan.yaml").write_text(RANKED, encoding="utf-8")
        data = prepare(timed("evaluate", lambda: evaluate_month(month)))
        files = page_files(data.employees)
        slices = timed("cut by agent", lambda: Slices(data, Troubled(data)))
        talks = timed("fetch conversations", lambda: Talks(data, slices.keys()))
        pages = timed("next steps, days", lambda: AgentPages(data, slices, talks))
        begun = time.perf_counter()
        with assisted(wanted=True) as by:
            drawn = AgentsFolder(out / "agents", files, Setting.of(data), pages, by=by)
            timed("pages put together", drawn.begin)
            timed("pages drawn, agents.zip", drawn.end)
        rate = len(files) / (time.perf_counter() - begun)
        sizes = [page.stat().st_size for page in (out / "agents").iterdir()]
        mean, most = sum(sizes) / len(sizes), max(sizes)
        print(f"{len(files):,} pages, {rate:.0f} a second; {mean:,.0f} bytes each, at most {most:,}")
        print(f"agents.zip {(out / NAME).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
