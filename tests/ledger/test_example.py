"""The three months of docs/ledger.md: figures worked out by hand there, by the program here."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from paid_months import Desk, Month

from evaluator.evaluation import Evaluation
from evaluator.ledger.revise import revise
from evaluator.ledger.store import Ledger

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text("utf-8")
BOTH = "E01 小美 3000\nE02 小雅 2500"
LINES = ("base", "commission", "clawback", "adjustments", "total")


def section(title: str) -> str:
    return re.split(r"^#+ ", PAGE.partition(f"### {title}\n")[2], flags=re.MULTILINE)[0]


def block(text: str, kind: str) -> str:
    """The fenced block of a kind; empty where there is none."""
    found = re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return found[1] if found else ""


def rows(text: str) -> list[list[str]]:
    """The rows of a table, without its heads."""
    cells = [
        [c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return cells[2:]


def month(number: int, title: str, roster: str = BOTH) -> Month:
    text = section(title)
    return Month(number, block(text, "orders"), block(text, "refunds"), block(PAGE, "yaml"), roster)


def shown(evaluation: Evaluation) -> list[list[str]]:
    """Pay as the page writes it."""
    people = sorted({p.employee_id for p in evaluation.pay.lines})
    table = []
    for employee in people:
        own = {p.line: f"{p.amount:,}" for p in evaluation.pay.lines if p.employee_id == employee}
        assert own.keys() <= set(LINES)
        left = sum((b.amount for b in evaluation.pay.balances if b.employee_id == employee), Decimal(0))
        table.append([employee, *(own.get(line, "") for line in LINES), f"{left:,}" if left else ""])
    return [*table, ["payroll", "", "", "", "", f"{evaluation.payroll_total:,}", ""]]


@pytest.mark.rule("R-P2")
@pytest.mark.rule("R-P3")
def test_three_months(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    october = month(10, "October")
    assert shown(desk.close(october)) == rows(section("October"))
    assert shown(desk.close(month(11, "November"))) == rows(section("November"))
    later = desk.month(october.but(refunds=block(section("October, revised"), "refunds")))
    found = revise(later, Ledger(desk.ledger)).differences
    assert [[d.employee_id, d.line, *(f"{x:,}" for x in (d.old, d.new, d.amount))] for d in found] == rows(
        section("October, revised")
    )
    assert revise(later, Ledger(desk.ledger)).differences == []
    december = month(12, "December", BOTH.partition("\n")[0])
    assert shown(desk.close(december)) == rows(section("December"))
