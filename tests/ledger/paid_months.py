"""Small months in canonical CSV, drawn as text: who bought what from whom, and what was refunded when."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from evaluator.evaluation import Evaluation
from evaluator.ledger.clawback import bring_from
from evaluator.ledger.lock import Locked, lock
from evaluator.ledger.store import Ledger
from evaluator.output import write_manifest, write_run
from evaluator.run import evaluate_month
from evaluator.seal import outputs

PLAN = """
name: 提成
pay:
  commission: {metric: net_sales, kind: marginal, brackets: [[0, 0.01], [1000, 0.02]]}
  min_wage: 2000
"""
ROSTER = "E01 小美 3000\nE02 小雅 3000"


@dataclass(frozen=True)
class Month:
    """A month of 2026. ``orders``: ``1001 E01 500.00 [day]``, without an agent ``-``; ``refunds``: ``1001 500.00
    11-03``, day of completion; ``roster``: ``E01 name [base]``."""

    number: int
    orders: str = ""
    refunds: str = ""
    plan: str = PLAN
    roster: str = ROSTER
    more: dict[str, str] = field(default_factory=dict)  # further files
    settings: str = ""

    @property
    def start(self) -> date:
        return date(2026, self.number, 1)

    @property
    def end(self) -> date:
        return date(2026 + self.number // 12, self.number % 12 + 1, 1)

    def files(self) -> dict[str, str]:
        rows = [line.split() for line in self.orders.splitlines() if line.strip()]
        days = {row[0]: f"{self.start:%Y-%m}-{int(row[3]) if len(row) > 3 else 5:02}" for row in rows}
        talk, orders = [], []
        for order_id, agent, amount, *_ in rows:
            day, buyer = days[order_id], f"买家{order_id}"
            if agent != "-":
                talk.append(f"店,{buyer},acc{agent},buyer,{day} 10:00:00,在吗")
                talk.append(f"店,{buyer},acc{agent},agent,{day} 10:00:20,在的")
            orders.append(f"店,{order_id},{buyer},{day} 11:00:00,{day} 11:01:00,{amount}")
        talk.append(f"店,路人,accE01,buyer,{self.start} 09:00:00,看看")
        refunds = [line.split() for line in self.refunds.splitlines() if line.strip()]
        people = [[*line.split(), ""][:3] for line in self.roster.splitlines() if line.strip()]
        period = f"period: {{start: {self.start}, end: {self.end}}}\nplan: plan.yaml\n{self.settings}"
        return {
            "period.yaml": period,
            "plan.yaml": self.plan,
            "messages.csv": "\n".join(["shop,buyer,account,sender,ts,text", *talk]) + "\n",
            "orders.csv": "\n".join(["shop,order_id,buyer,created,paid,amount", *orders]) + "\n",
            "refunds.csv": "\n".join(
                ["refund_id,order_id,applied,completed,amount,kind"]
                + [
                    f"R{n},{o},2026-{d} 12:00:00,2026-{d} 12:30:00,{a},refund_only"
                    for n, (o, a, d) in enumerate(refunds)
                ]
            )
            + "\n",
            "roster.csv": "\n".join(
                ["account,employee_id,name,group,role,base_salary"]
                + [f"acc{e},{e},{name},甲组,售前,{base}" for e, name, base in people]
            )
            + "\n",
        } | self.more

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files().items():
            (folder / name).write_text(text, "utf-8")
        return folder

    def but(self, **changes: object) -> Month:
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Desk:
    """A place with months, results and a ledger."""

    root: Path

    @property
    def ledger(self) -> Path:
        return self.root / "pay.db"

    def month(self, m: Month) -> Path:
        return m.write(self.root / f"m{m.number}")

    def out(self, m: Month) -> Path:
        return self.root / f"o{m.number}"

    def run(self, m: Month, ledger: bool = True) -> Evaluation:
        """Evaluates the month into its result folder (without the reports, which a ledger does not need)."""
        evaluation = evaluate_month(self.month(m), bring=bring_from(Ledger(self.ledger)) if ledger else None)
        write_run(evaluation, self.out(m), lambda folder: None)
        return evaluation

    def lock(self, m: Month) -> Locked:
        return lock(self.out(m), Ledger(self.ledger))

    def close(self, m: Month) -> Evaluation:
        evaluation = self.run(m)
        self.lock(m)
        return evaluation


def reseal(out: Path) -> None:
    """As somebody does who edits a result and knows how the manifest is made."""
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    write_manifest(manifest | {"outputs": outputs(out)}, out)


def lines(evaluation: Evaluation, employee: str) -> dict[str, str]:
    return {p.line: str(p.amount) for p in evaluation.pay.lines if p.employee_id == employee}


def balances(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    return [(b.employee_id, str(b.since), str(b.amount)) for b in evaluation.pay.balances]
