"""Hypothesis strategies for who plays in a month, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hypothesis import strategies as st

from .month import Row
from .strategy_plan import AD_WORD

START, END = date(2026, 10, 2), date(2026, 10, 6)
SHOPS = ["shop_a", "shop_b"]
ALIASES = {"甲店旗舰店": "shop_a"}

#: al* and a*1 fit several, b*b and *明 one, z** none; 小美 and 主店 belong to accounts of our own.
BUYERS = ["alice1", "bob", "小明", "alan1", "al*", "a*1", "b*b", "*明", "z**", "小美", "主店:客服9", "小二01"]
CASTS = [
    ["alice1", "bob"],
    ["alice1", "alan1", "al*"],
    ["bob", "b*b", "z**"],
    ["alice1"],
    ["bob", "al*", "alice1"],
    ["bob"],
    ["alice1"],
    ["alice1", "alan1", "a*1", "al*"],
    ["小明", "*明", "bob"],
    ["alice1", "小美", "主店:客服9"],
    ["bob", "小二01", "小二01:子2"],
    ["alice1", "主店", "新号"],
]

#: 小美 and 小美二号 are E01's, 店小智 is a robot's; the others are bound by chance, or not at all. 新号 only ever
#: receives.
ACCOUNTS = ["小美", "小雅", "店小智", "小美二号", "值班", "助手", "临时", "主店:子1"]
NEWCOMER = "新号"
EMPLOYEES = {"E01": "小美", "E02": "小雅", "E03": "阿强", "R01": "店小智"}

CLOCKS = [
    time(0),
    time(0, 0, 1),
    time(3, 59, 59),
    time(4),
    time(7, 59, 59),
    time(8),
    time(10),
    time(10),
    time(10, 0, 0, 500_000),
    time(14, 30),
    time(22, 59, 59, 999_000),
    time(23),
    time(23, 59, 59, 999_000),
]
GAPS_MS = [
    0,
    0,
    1,
    500,
    1000,
    1000,
    20_000,
    30_000,
    30_001,
    60_000,
    120_000,
    121_000,
    180_000,
    300_000,
    300_001,
    600_000,
    600_001,
    1_800_000,
    1_800_001,
    7_200_000,
    14_400_000,
    86_400_000,
    259_200_000,
]
TEXTS = [
    "在吗",
    "好的",
    "谢谢。",
    "OK!",
    "😀",
    "",
    "亲",
    "亲亲亲",
    "【自动】您好",
    " 有货 ",
    " 【自动】稍等",
    "多少钱\n包邮吗",
    '这款,还有"黑色"吗',
    f"要{AD_WORD}吗",
]
ORDER_IDS = [f"26100100000000000{n}" for n in range(7)]

#: (sender, kind, auto): how a step of a chat may look; exchange: the buyer asks, and is answered a gap later;
#: handover: he asks, is transferred a gap later, and the other answers another gap later.
Look = tuple[str, str | None, bool | None]
COMMON: list[Look] = [
    ("exchange", "text", None),
    ("exchange", "text", None),
    ("buyer", "text", None),
    ("agent", "text", False),
    ("agent", "transfer", False),
]
LOOKS: list[Look] = [
    *COMMON * 5,
    *[("handover", "text", None)] * 4,
    ("buyer", "text", False),
    ("buyer", None, None),
    ("buyer", "image", None),
    ("buyer", "text", True),
    ("agent", None, None),
    ("agent", "card", False),
    ("agent", "text", True),
    ("robot", "text", None),
    ("robot", "text", True),
    ("system", "text", None),
    ("robot", "transfer", None),
    ("system", "transfer", None),
    ("buyer", "transfer", None),
    ("buyer", "recall", None),
    ("agent", "recall", None),
    ("robot", "recall", None),
    ("agent", "rating_invite", False),
    ("agent", "rating_invite", True),
]


@dataclass(frozen=True)
class Theme:
    """What a month is about: the pools from which it is drawn. ``shifts``: days from a chat to an order;
    ``dense``: everything about few orders of those who talk, none of them left out."""

    name: str
    casts: list[list[str]]
    gaps: list[int]
    texts: list[str]
    shifts: list[int]
    dense: bool = False


HOUR, DAY = 3_600_000, 86_400_000
PAIR = [["alice1"], ["alice1", "bob"]]
MASKED = [["al*", "a*1", "alice1"], ["b*b", "bob", "z**"], ["al*", "b*b", "alice1", "alan1"], ["*", "a*1"]]
EVERYTHING = Theme("everything", CASTS, GAPS_MS, TEXTS, [*[0] * 20, -90, 90, -4])
THEMES = [
    *[EVERYTHING] * 4,
    Theme("masked", MASKED, GAPS_MS, TEXTS, [0, 0, 0, -3]),
    Theme("money", PAIR, GAPS_MS, TEXTS, [0, 0, 0, -3], dense=True),
    Theme("ads", PAIR, GAPS_MS, [*TEXTS, *[f"要{AD_WORD}吗"] * 9], [-90, 90, -91, 91], dense=True),  # R-F0
    Theme(
        "care", PAIR, [1000, 20_000, DAY, 2 * DAY, 3 * DAY, 3 * DAY + 1, HOUR], TEXTS, [-2, -3], dense=True
    ),
]


@dataclass
class Cast:
    """Who plays in a month: few of each, so that they meet."""

    theme: Theme
    shops: list[str]  # with other spellings
    buyers: list[str]
    accounts: list[str]
    machines: list[str]  # accounts that answer as robots only


@st.composite
def casts(draw: st.DrawFn, aliases: dict[str, str]) -> Cast:
    theme = draw(st.sampled_from(THEMES))
    shops = draw(st.sampled_from([SHOPS[:1], SHOPS[:1], SHOPS]))
    buyers = draw(st.sampled_from(theme.casts))
    machines: list[str] = draw(
        st.sampled_from([[], [], ["助手"], ["小美二号"], ["助手", "小美二号"], ["临时"]])
    )
    others = draw(st.lists(st.sampled_from(ACCOUNTS[2:]), max_size=3, unique=True))
    accounts = dict.fromkeys([*ACCOUNTS[:2], *machines, *others])
    return Cast(theme, [*shops, *aliases], buyers, list(accounts), machines)


days_around = st.sampled_from([1, 1, 1, 2, 2, 0, 0, 3, 3, -1, 4, 5, -4, 8, -23])
moments = st.builds(
    lambda day, clock: datetime.combine(START + timedelta(days=day), clock),
    days_around,
    st.sampled_from(CLOCKS),
)


@dataclass
class Step:
    """One step of a chat: ``gap`` ms after what was before; ``move``: how far round the cast another account
    speaks; ``receiver``: to whom a transfer goes."""

    look: Look
    gap: int
    move: int
    receiver: str | None
    text: str
    order_id: str | None
    file: str

    def events(self, account: str, cast: Cast) -> list[Row]:
        """Its rows, without buyer and time; what an agent says is a robot's where a machine answers."""
        sender, kind, auto = self.look
        common = {
            "text": self.text,
            "kind": kind,
            "auto": auto,
            "order_id": self.order_id,
            "account": account,
        }
        voice = {"sender": "robot" if account in cast.machines else "agent"}
        asked, answered = {**common, "sender": "buyer"}, {**common, **voice}
        if sender == "exchange":
            return [asked, answered]
        if sender == "handover":
            handed = {**common, "sender": "agent", "kind": "transfer", "to_account": self.receiver}
            other = {**common, "sender": "agent", "account": self.receiver}
            return [asked, handed, other] if self.receiver in cast.accounts else [asked, handed]
        if kind == "transfer":
            return [{**common, "sender": sender, "to_account": self.receiver}]
        if sender == "system" and self.move == 3:
            return [{**common, "sender": sender, "account": None}]
        return [answered if sender == "agent" else {**common, "sender": sender}]


def chat_steps(cast: Cast) -> st.SearchStrategy[Step]:
    return st.builds(
        Step,
        look=st.sampled_from(LOOKS),
        gap=st.sampled_from(cast.theme.gaps),
        move=st.sampled_from([0, 0, 0, 0, 1, 2, 3]),
        receiver=st.sampled_from([*cast.accounts, None, NEWCOMER]),
        text=st.sampled_from(cast.theme.texts),
        order_id=st.sampled_from([None] * 7 + ORDER_IDS[:4]),
        file=st.sampled_from(["messages_1", "messages_1", "messages_2"]),
    )


@st.composite
def chats(draw: st.DrawFn, cast: Cast) -> list[tuple[str, Row]]:
    """Message rows with their file: runs of one buyer's steps, each a gap after the one before. After a
    handover the chat goes on with whom it was handed to."""
    steps = chat_steps(cast)
    rows = []
    for _ in range(draw(st.integers(2, 7))):
        shop, buyer = draw(st.sampled_from(cast.shops)), draw(st.sampled_from(cast.buyers))
        ts, home = draw(moments), draw(st.integers(0, len(cast.accounts) - 1))
        for step in draw(st.lists(steps, min_size=2, max_size=10)):
            account = cast.accounts[(home + step.move) % len(cast.accounts)]
            for event in step.events(account, cast):
                ts += timedelta(milliseconds=step.gap)
                rows.append((step.file, {**event, "shop": shop, "buyer": buyer, "ts": ts}))
            if step.look[0] == "handover" and step.receiver in cast.accounts:
                home = cast.accounts.index(step.receiver)
    return rows


def anchored(times: list[datetime]) -> st.SearchStrategy[datetime]:
    """A moment, or a time of a message, a little moved; mostly whole seconds, as orders have them."""
    moved = st.builds(
        lambda ts, seconds, exact: (ts if exact else ts.replace(microsecond=0)) + timedelta(seconds=seconds),
        st.sampled_from(times),
        st.sampled_from([0, 0, 0, 1, 60, 600, 3600, -1, -60, -86400]),
        st.sampled_from([False, False, False, True]),
    )
    return moved | moved | moved | moments
