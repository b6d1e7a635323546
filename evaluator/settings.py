"""``period.yaml``: the month, its settings and plans, as typed values (SPEC §2.1).

``load_month`` is the only reader. Every error names the file, the line, the key, the value seen and what is
expected.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from evaluator.assess.pack import Pack
from evaluator.assess.packfile import PACK_KEYS, read_pack
from evaluator.dated import Stale, pick_for
from evaluator.metrics.request import MetricRequest
from evaluator.model import EvaluatorError, ReviewItem
from evaluator.plan import Plan
from evaluator.planfile import read_plans
from evaluator.planmetric import read_request
from evaluator.rulebook import RulesFinder, metric_catalogue, unknown
from evaluator.yamlfile import Node, did_you_mean, read_yaml

PERIOD_FILE = "period.yaml"
MAPPING_FILE = "mapping.yaml"
OWN_MODEL = "ads_model.npz"  # of a shop, in its month's folder
PERIOD_KEYS = ("period", "plan", "platform", "shop", "settings")
PERIOD_DAYS = ("start", "end")
BY = ("last", "rounds")
JUDGMENTS = ("order", "payment", "order_first", "grouped_chain")
CREDIT_ROLES = ("售前", "售后", "全能", "主管", "robot")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CodeWord(_Frozen):
    """R-F6: the word, and how often it must occur."""

    word: str
    n: int = 1


class Filters(_Frozen):
    """Switches of the filters R-F1 … R-F6."""

    internal: bool = True
    manual: bool = True
    ad: bool = True
    agent_only: bool = True
    one_liner: bool = False
    code_word: CodeWord | None = None


class AdStages(_Frozen):
    """Which stages decide on advertising (SPEC §3.1); a person's label always holds."""

    rules: bool = True
    model: bool = True
    behaviour: bool = True


class Settings(_Frozen):
    """``settings:`` of ``period.yaml`` with the defaults of SPEC §2.1."""

    day_start: str = "00:00"
    judgment: str = "order_first"
    by: str = "last"
    window_days: int = 1
    after_sale_days: int = 21
    follow_days: int = 15
    session_gap_s: int = 600
    count_postage: bool = False
    min_amount: Decimal = Decimal("0.01")  # yuan
    exclude_memo: tuple[str, ...] = ("刷单", "补差", "补邮费", "邮费链接", "不计业绩")
    exclude_titles: tuple[str, ...] = ("补差价", "补邮费", "邮费链接")
    exclude_orders: tuple[str, ...] = ()
    credit_roles: tuple[str, ...] = ()
    response_hours: tuple[str, str] | None = ("08:00", "23:00")
    courtesy: tuple[str, ...] = ()
    auto_reply_prefixes: tuple[str, ...] = ()
    internal_accounts: tuple[str, ...] = ()
    shop_alias: dict[str, str] = {}
    filters: Filters = Filters()
    ad: AdStages = AdStages()
    orders_through: date | None = None

    @property
    def day_start_s(self) -> int:
        """``day_start`` in seconds after midnight."""
        hours, minutes = self.day_start.split(":")
        return int(hours) * 3600 + int(minutes) * 60

    @property
    def min_amount_fen(self) -> int:
        return int(self.min_amount * 100)


@dataclass(frozen=True)
class MonthConfig:
    """A month's ``period.yaml`` with its plans. ``end`` is the day after the last."""

    folder: Path
    start: date
    end: date
    platform: str | dict[str, str] = ""  # "" where none is given
    shop: str | None = None
    settings: Settings = field(default_factory=Settings)
    plans: tuple[Plan, ...] = ()
    review: tuple[ReviewItem, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)  # rule or plan file -> sha256
    pack_requests: tuple[MetricRequest, ...] = ()  # figures that the platforms' packs ask for
    bundles: dict[str, tuple[Pack, ...]] = field(default_factory=dict)  # of each platform: what it assesses
    assessed: str = ""  # the platform or pack asked for instead of ``platform``

    @property
    def days(self) -> tuple[int, int]:
        """First business day of the period and the day after its last, as Int32 days."""
        epoch = date(1970, 1, 1)
        return (self.start - epoch).days, (self.end - epoch).days

    @property
    def shops(self) -> tuple[str, ...]:
        """Shops that ``platform`` names, where it is a mapping."""
        return tuple(self.platform) if isinstance(self.platform, dict) else ()

    @property
    def requests(self) -> tuple[MetricRequest, ...]:
        """Every figure that plans and packs name, each once."""
        named = [r for plan in self.plans for r in plan.requests]
        return tuple(dict.fromkeys([*named, *self.pack_requests]))

    @property
    def by_session(self) -> bool:
        """Whether some figure, of plans or packs, needs the turns by session."""
        assessed = [r for packs in self.bundles.values() for pack in packs for r in pack.requests]
        return any(str(r.option("unit", "")).startswith("session") for r in (*self.requests, *assessed))


def load_month(folder: Path, rules: RulesFinder | None = None, assessed: str = "") -> MonthConfig:
    """Reads ``period.yaml`` of a month's folder, its plan and the packs of its platforms; ``assessed``: a platform or
    pack whose settings hold instead of those of ``platform``.

    Dated values (R-P5) are settled for the first day of the period. Errors: EvaluatorError."""
    folder, rules = Path(folder), rules or RulesFinder()
    root = _period_file(folder)
    pairs = root.mapping(PERIOD_KEYS)
    start, end = _period(root.need(pairs, "period", "写法：period: {start: 2026-10-01, end: 2026-11-01}"))
    month = _Month(folder, rules, start)
    month.note_source(PERIOD_FILE, folder / PERIOD_FILE)
    for name in (MAPPING_FILE, OWN_MODEL):  # read elsewhere; noted here, as they decide what the files mean
        if (folder / name).is_file():
            month.note_source(name, folder / name)
    platform = _platform(pairs["platform"]) if "platform" in pairs else ""
    settings = month.packs(assessed or platform)
    if assessed and not month.bundles:
        raise EvaluatorError(unknown("平台规则包", assessed, rules.names("platforms")))
    for name in _names(platform):
        month.bundle(name)
    if "settings" in pairs:
        settings |= read_settings(pairs["settings"], start, month.stale)
    plans = month.plans(pairs["plan"]) if "plan" in pairs else ()
    shop = pairs["shop"].text() if "shop" in pairs else None
    if shop and isinstance(platform, dict) and shop not in platform:
        pairs["shop"].fail(f"应为 platform 下的店铺之一：{'、'.join(platform)}{did_you_mean(shop, platform)}")
    month.note_source("rules/metrics.yaml", rules.need("metrics.yaml"))
    return MonthConfig(
        folder,
        start,
        end,
        platform,
        shop,
        Settings(**settings),
        plans,
        month.review(),
        month.sources,
        tuple(month.requests),
        month.bundles,
        assessed,
    )


def _period_file(folder: Path) -> Node:
    if not folder.is_dir():
        raise EvaluatorError(f"找不到月份文件夹：{folder}")
    if not (folder / PERIOD_FILE).is_file():
        meant = sorted(path.name for path in folder.glob("period.y*ml*") if path.is_file())
        if meant:
            raise EvaluatorError(f"{folder} 里没有 {PERIOD_FILE}，有 {meant[0]}：请改名为 {PERIOD_FILE}")
        raise EvaluatorError(
            f"{folder} 里没有 {PERIOD_FILE}；请新建它，至少写："
            "period: {start: 2026-10-01, end: 2026-11-01}（end 是最后一天的次日）"
        )
    return read_yaml(folder / PERIOD_FILE)


def _period(node: Node) -> tuple[date, date]:
    pairs = node.mapping(PERIOD_DAYS)
    start, end = node.need(pairs, "start").day(), node.need(pairs, "end", "最后一天的次日").day()
    if end <= start:
        pairs["end"].fail(f"应晚于期初 {start}（end 是最后一天的次日）")
    return start, end


def _platform(node: Node) -> str | dict[str, str]:
    if isinstance(node.value, dict):
        if not node.value:
            node.fail("应为平台名，或 {店铺: 平台}")
        return {shop: child.text() for shop, child in node.value.items()}
    return node.text()


def _names(platform: str | dict[str, str]) -> tuple[str, ...]:
    """The platforms named, each once."""
    given = platform.values() if isinstance(platform, dict) else [platform] if platform else []
    return tuple(dict.fromkeys(given))


class _Month:
    """What reading one month gathers beside the values: sources, warnings, the figures that packs ask for."""

    def __init__(self, folder: Path, rules: RulesFinder, start: date) -> None:
        self.folder, self.rules, self.start = folder, rules, start
        self.stale: list[Stale] = []
        self.sources: dict[str, str] = {}
        self.requests: list[MetricRequest] = []
        self.notes: list[ReviewItem] = []
        self.bundles: dict[str, tuple[Pack, ...]] = {}
        self._packs: dict[str, tuple[dict[str, Node], Pack]] = {}

    def note_source(self, label: str, path: Path) -> None:
        self.sources[label] = hashlib.sha256(path.read_bytes()).hexdigest()

    def review(self) -> tuple[ReviewItem, ...]:
        late = (
            ReviewItem(
                "reviewed_until",
                s.where,
                f"这个值只核对到 {s.until}，本期始于 {self.start}，请确认是否仍然适用",
            )
            for s in self.stale
        )
        return (*self.notes, *late)

    def plans(self, node: Node) -> tuple[Plan, ...]:
        """The plan beside ``period.yaml``, or one of ``rules/plans`` by name."""
        name = node.text()
        if "/" in name or "\\" in name or name.startswith("."):
            node.fail("应为本文件夹里的文件名，或 rules/plans 里方案的名称，不能带路径")
        label, path = name, self.folder / name
        if not path.is_file():
            stem = name.removesuffix(".yaml")
            found = self.rules.find(f"plans/{stem}.yaml")
            if found is None:
                node.fail(f"本文件夹里没有这个文件，{unknown('方案', stem, self.rules.names('plans'))}")
            label, path = f"rules/plans/{stem}.yaml", found
        self.note_source(label, path)
        plans, notes = read_plans(
            read_yaml(path, label), self.start, metric_catalogue(self.rules), self.stale
        )
        self.notes.extend(notes)
        return plans

    def packs(self, platform: str | dict[str, str]) -> dict[str, Any]:
        """Settings and figures of the platforms' packs. A setting that the packs of several shops give
        differently holds for none; the month says so."""
        names = _names(platform)
        found = [(name, self._pack(name)) for name in names]
        merged: dict[str, Any] = {}
        for key in dict.fromkeys(k for _, pack in found for k in pack):
            given = [pack[key] for _, pack in found if key in pack]
            if len(given) == len(found) and all(value == given[0] for value in given):
                merged[key] = given[0]
            else:
                self.notes.append(
                    ReviewItem(
                        "pack_conflict",
                        key,
                        f"各店的平台规则包（{'、'.join(names)}）对设置 {key} 的写法不一致，本期用程序默认值；"
                        f"如需指定，请写在 {PERIOD_FILE} 的 settings 里",
                    )
                )
        return merged

    def _pack(self, name: str) -> dict[str, Any]:
        """A pack's settings; what it assesses is noted in ``bundles``, the figures it asks for in ``requests``."""
        if not self.bundle(name):
            self.notes.append(
                ReviewItem(
                    "no_pack",
                    name,
                    f"{unknown('平台规则包', name, self.rules.names('platforms'))}；本期用程序默认设置",
                )
            )
            return {}
        pairs, _ = self._packs[name]
        if "metrics" in pairs:
            held = pick_for(pairs["metrics"], self.start, self.stale)
            catalogue = metric_catalogue(self.rules)
            self.requests.extend(read_request(n, catalogue) for n in (held.items() if held else []))
        if "settings" in pairs:
            return read_settings(pairs["settings"], self.start, self.stale)
        return {}

    def bundle(self, name: str) -> bool:
        """Notes in ``bundles`` what a platform assesses: its own items, then those of the packs it names. False where
        there is no such file."""
        if name in self.bundles:
            return True
        if self._path(name) is None:
            return False
        pairs, own = self._read(name)
        found = [own] if own.items else []
        for node in pairs["packs"].items("规则包列表") if "packs" in pairs else []:
            pack = node.text()
            if self._path(pack) is None:
                node.fail(unknown("平台规则包", pack, self.rules.names("platforms")), seen=False)
            found.append(self._read(pack)[1])
            if not found[-1].items:
                node.fail(f"{pack} 没有考核项（items），不能放进 packs", seen=False)
        self.bundles[name] = tuple(found)
        return True

    def _path(self, name: str) -> Path | None:
        return self.rules.find(f"platforms/{name}.yaml") if "/" not in name and "\\" not in name else None

    def _read(self, name: str) -> tuple[dict[str, Node], Pack]:
        """The keys of a pack's file, and the pack."""
        if name not in self._packs:
            path = self._path(name)
            assert path is not None, "asked for before"
            label = f"rules/platforms/{name}.yaml"
            self.note_source(label, path)
            root = read_yaml(path, label)
            pack = read_pack(root, name, self.start, self.stale, metric_catalogue(self.rules))
            self._packs[name] = root.mapping(PACK_KEYS), pack
        return self._packs[name]


# ---- settings ----
def read_settings(node: Node, day: date, stale: list[Stale]) -> dict[str, Any]:
    """The settings that a mapping gives, as arguments of ``Settings``. Errors: EvaluatorError."""
    known = tuple(Settings.model_fields)
    node.mapping(known)
    found: dict[str, Any] = {}
    for key, child in node.pairs().items():
        held = child if key == "shop_alias" else pick_for(child, day, stale)
        if held is None or (held.is_null and key != "response_hours"):
            continue
        found[key] = _setting(key, held)
    return found


def _setting(key: str, node: Node) -> Any:
    if key in ("window_days", "after_sale_days", "follow_days", "session_gap_s"):
        return node.integer()
    if key in (
        "exclude_memo",
        "exclude_titles",
        "exclude_orders",
        "courtesy",
        "auto_reply_prefixes",
        "internal_accounts",
    ):
        return node.texts()
    readers: dict[str, Any] = {
        "day_start": node.clock,
        "judgment": lambda: node.choice(JUDGMENTS),
        "by": lambda: node.choice(BY),
        "count_postage": node.flag,
        "min_amount": node.money,
        "credit_roles": lambda: tuple(n.choice(CREDIT_ROLES) for n in node.items("角色列表")),
        "response_hours": lambda: None if node.is_null else node.hours(),
        "shop_alias": lambda: {name: shop.text() for name, shop in node.pairs().items()},
        "filters": lambda: _filters(node),
        "ad": lambda: AdStages(**{k: n.flag() for k, n in node.mapping(AdStages.model_fields).items()}),
        "orders_through": node.day,
    }
    return readers[key]()


def _filters(node: Node) -> Filters:
    pairs = node.mapping(Filters.model_fields)
    found: dict[str, Any] = {key: child.flag() for key, child in pairs.items() if key != "code_word"}
    if "code_word" in pairs:
        child = pairs["code_word"]
        given = child.mapping(CodeWord.model_fields)
        n = given["n"].integer(least=1) if "n" in given else 1
        found["code_word"] = CodeWord(word=child.need(given, "word").text(), n=n)
    return Filters(**found)
