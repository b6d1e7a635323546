"""SPEC §1: who an account is on a day, and what an employee is in the period; §4: robot accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .month import OracleMonth, Row


@dataclass(frozen=True)
class Profile:
    """§1: name, group, role of an employee for the period."""

    employee_id: str
    name: str
    group: str | None
    role: str


class Agents:
    """The roster, asked day by day."""

    def __init__(self, month: OracleMonth) -> None:
        self.month = month
        self.by_account: dict[str, list[tuple[int, Row]]] = {}
        for position, row in enumerate(month.rows("roster")):
            self.by_account.setdefault(row["account"], []).append((position, row))
        self.robot_senders = robot_by_behaviour(month)
        self.profiles = period_profiles(month)

    def binding(self, account: str, day: date) -> Row | None:
        """§1: the roster row that binds the account on that business day (``from`` and ``to`` inclusive); of
        overlapping rows the latest ``from`` (an empty one is the earliest), then the later row."""
        fitting = [
            (row.get("from") or date.min, position, row)
            for position, row in self.by_account.get(account, [])
            if (row.get("from") or date.min) <= day <= (row.get("to") or date.max)
        ]
        return max(fitting, key=lambda f: f[:2])[2] if fitting else None

    def agent(self, account: str | None, day: date) -> str | None:
        """§1: Agent = ``employee_id`` where the roster binds the account that day, else the account
        itself."""
        if account is None:
            return None
        row = self.binding(account, day)
        return row["employee_id"] if row else account

    def is_robot(self, account: str | None, day: date) -> bool:
        """§4 robot account: the roster says so (on that day), or it sends ``robot`` messages and no ``agent``
        messages."""
        if account is None:
            return False
        row = self.binding(account, day)
        return (row is not None and row["role"] == "robot") or account in self.robot_senders

    def role(self, agent: str) -> str | None:
        """R-A1: the role of the period's profile; an unbound account has none."""
        profile = self.profiles.get(agent)
        return profile.role if profile else None


def robot_by_behaviour(month: OracleMonth) -> set[str]:
    """§4: accounts that send ``robot`` messages and no ``agent`` messages. A transfer is no message,
    whoever its sender."""
    senders: dict[str, set[str]] = {}
    for row in month.rows("messages"):
        if row["kind"] != "transfer" and row["account"]:
            senders.setdefault(row["account"], set()).add(row["sender"])
    return {account for account, kinds in senders.items() if "robot" in kinds and "agent" not in kinds}


def period_profiles(month: OracleMonth) -> dict[str, Profile]:
    """§1: an employee's row with the latest ``from`` that overlaps the period (then the later row)."""
    last_day = month.end - timedelta(days=1)
    chosen: dict[str, tuple[date, int, Row]] = {}
    for position, row in enumerate(month.rows("roster")):
        first, last = row.get("from") or date.min, row.get("to") or date.max
        if first > last_day or last < month.start:
            continue
        best = chosen.get(row["employee_id"])
        if best is None or (first, position) > best[:2]:
            chosen[row["employee_id"]] = (first, position, row)
    return {
        employee: Profile(employee, row["name"], row.get("group"), row["role"])
        for employee, (_, _, row) in sorted(chosen.items())
    }
