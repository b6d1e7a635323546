"""Who works in the demo shop: accounts, employees, skill and speed, and the month's rota."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

SHOP = "听松茶器旗舰店"
ROBOT = f"{SHOP}:智能小松"
TEMP = f"{SHOP}:临时01"
MAIN = SHOP
PLATFORM_STAFF = "天猫商家服务中心"


@dataclass(frozen=True)
class Employee:
    """One person. ``pace``: median seconds to an answer; ``skill``: how many of 1000 askers buy."""

    employee_id: str
    name: str
    call_name: str  # how she calls herself in chats
    group: str
    role: str
    accounts: tuple[str, ...]
    pace: int
    skill: int
    shifts: tuple[str, ...]  # what the rota gives her, in turn: early, late, off
    salary: int  # yuan a month
    hired_days_ago: int  # before the period's first day
    first_half: bool = True  # works before the hand-over day
    second_half: bool = True
    attention: int = 985  # how many of 1000 buyer turns get an answer at all


def _account(name: str) -> str:
    return f"{SHOP}:{name}"


_E, _L, _O = "early", "late", "off"

STAFF: tuple[Employee, ...] = (
    Employee(
        "E01",
        "沈月",
        "小月",
        "售前一组",
        "售前",
        (_account("小月"), _account("小月备用")),
        24,
        600,
        (_E, _E, _E, _E, _E, _O, _E),
        4200,
        1300,
        attention=996,
    ),
    Employee(
        "E02",
        "陆川",
        "小川",
        "售前一组",
        "售前",
        (_account("小川"),),
        32,
        520,
        (_L, _L, _L, _O, _L, _L, _L),
        4000,
        760,
        attention=992,
    ),
    Employee(
        "E03",
        "何青",
        "青青",
        "售前二组",
        "售前",
        (_account("青青"),),
        38,
        480,
        (_L, _L, _O, _L, _L, _L, _L),
        4000,
        510,
        attention=985,
    ),
    Employee(
        "E04",
        "邹帆",
        "一帆",
        "售前二组",
        "售前",
        (_account("一帆"),),
        58,
        400,
        (_O, _E, _E, _E, _E, _E, _L),
        4000,
        400,
        attention=962,
    ),
    Employee(
        "E05",
        "梁可",
        "小可",
        "售前二组",
        "售前",
        (_account("小可"),),
        47,
        370,
        (_E, _O, _E, _E, _L, _L, _E),
        3600,
        11,
        attention=975,
    ),
    Employee(
        "E06",
        "孙满",
        "小满",
        "售前一组",
        "售前",
        (_account("小满"),),
        42,
        430,
        (_L, _E, _E, _L, _O, _E, _E),
        4000,
        900,
        second_half=False,
        attention=975,
    ),
    Employee(
        "E09",
        "范诗",
        "小满",
        "售前一组",
        "售前",
        (_account("小满"),),
        29,
        550,
        (_E, _E, _L, _L, _O, _E, _E),
        4000,
        240,
        first_half=False,
        attention=992,
    ),
    Employee(
        "E07",
        "唐慧",
        "阿慧",
        "售后组",
        "售后",
        (_account("售后阿慧"),),
        45,
        200,
        (_E, _E, _L, _E, _E, _O, _E),
        4300,
        1100,
        attention=990,
    ),
    Employee(
        "E08",
        "罗明",
        "小明",
        "售后组",
        "售后",
        (_account("售后小明"),),
        66,
        180,
        (_L, _L, _E, _L, _L, _E, _O),
        4100,
        620,
        attention=975,
    ),
    Employee(
        "E10",
        "周岚",
        "店长",
        "管理",
        "主管",
        (MAIN,),
        75,
        450,
        (_E, _E, _E, _E, _E, _O, _O),
        7000,
        2000,
        attention=960,
    ),
)
TEMP_WORKER = Employee("", "", "小助", "", "售前", (TEMP,), 70, 320, (_E,), 0, 0, attention=940)

ACCOUNTS: tuple[str, ...] = tuple(sorted({a for e in STAFF for a in e.accounts} | {TEMP, ROBOT}))

_HOURS = {"early": (time(8, 30), time(16, 30)), "late": (time(15, 30), time(23, 30))}


@dataclass(frozen=True)
class Calendar:
    """The demo's days. Chats and orders run from the day before ``start`` to ``end`` itself, the day after
    the last of the period; older orders, which buyers come back about, begin three weeks earlier."""

    start: date
    days: int

    @property
    def end(self) -> date:
        return self.start + timedelta(days=self.days)

    @property
    def first(self) -> date:
        return self.start - timedelta(days=1)

    @property
    def handover(self) -> date:
        """From this day the account 小满 belongs to E09."""
        return self.start + timedelta(days=max(1, self.days // 2))

    @property
    def no_buyer_from(self) -> date:
        """From this day on orders come in the newer export, which names no buyer."""
        return self.start + timedelta(days=max(1, self.days * 3 // 4))

    @property
    def export(self) -> datetime:
        """When the data was taken from the platform: the night after ``end``."""
        return datetime.combine(self.end + timedelta(days=1), time(0, 20))

    @property
    def open_days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days + 2)]

    def volume(self, day: date) -> int:
        """How busy a day is, in percent of a plain Tuesday: weekends, and the run-up to double 11 in the
        last third of the month with its pre-sale evening."""
        percent = 112 if day.weekday() >= 5 else 96 if day.weekday() < 2 else 100
        gone = (day - self.start).days
        if gone < 7:
            percent -= 10
        warm_up = gone - self.days * 19 // 31
        if warm_up >= 0:
            percent += 18 + 3 * min(warm_up, 12)
        return percent


def works_on(person: Employee, day: date, calendar: Calendar) -> bool:
    return person.first_half if day < calendar.handover else person.second_half


def shift_of(person: Employee, day: date, calendar: Calendar) -> tuple[datetime, datetime] | None:
    """When the person works that day; None on a day off, or when not employed."""
    if not works_on(person, day, calendar):
        return None
    index = int(person.employee_id[1:])
    kind = person.shifts[(day.toordinal() + index) % 7]
    if kind == "off":
        return None
    begin, finish = _HOURS[kind]
    return datetime.combine(day, begin), datetime.combine(day, finish)


def on_duty(role: str, at: datetime, calendar: Calendar, margin_s: int = 0) -> list[Employee]:
    """Those of a role who are at work at ``at`` and for ``margin_s`` seconds more."""
    present = []
    for person in STAFF:
        hours = shift_of(person, at.date(), calendar) if person.role == role else None
        if hours and hours[0] <= at and at + timedelta(seconds=margin_s) <= hours[1]:
            present.append(person)
    return present


def roster_rows(calendar: Calendar) -> list[tuple[str, ...]]:
    """account, employee_id, name, group, role, from, to, base_salary, hired — text, empty where not given."""
    rows: list[tuple[str, ...]] = []
    for person in STAFF:
        hired = calendar.start - timedelta(days=person.hired_days_ago)
        begin = hired if person.first_half else calendar.handover
        until = "" if person.second_half else (calendar.handover - timedelta(days=1)).isoformat()
        rows.extend(
            (
                account,
                person.employee_id,
                person.name,
                person.group,
                person.role,
                begin.isoformat(),
                until,
                str(person.salary),
                hired.isoformat(),
            )
            for account in person.accounts
        )
    rows.append((ROBOT, "R01", "智能小松", "机器人", "robot", "", "", "", ""))
    return rows
