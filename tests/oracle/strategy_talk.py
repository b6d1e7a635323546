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
    ["bob", "小二01", "alice1"],
]

#: 小美 and 小美二号 are E01's, 店小智 is a robot's; the others are bound by chance, or not at all.
ACCOUNTS = ["小美", "小雅", "店小智", "小美二号", "值班", "助手", "临时", "主店:子1"]
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
    "多少钱\n包邮吗",
    '这款,还有"黑色"吗',
    f"要{AD_WORD}吗",
]
ORDER_IDS = [f"26100100000000000{n}" for n in range(7)]

#: (sender, kind, auto): how a step of a chat may look; exchange: the buyer asks, and is answered a gap later.
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


@dataclass
class Cast:
    """Who plays in a month: few of each, so that they meet."""

    shops: list[str]  # with other spellings
    buyers: list[str]
    accounts: list[str]
    machines: list[str]  # accounts that answer as robots only


@st.composite
def casts(draw: st.DrawFn, aliases: dict[str, str]) -> Cast:
    shops = draw(st.sampled_from([SHOPS[:1], SHOPS]))
    buyers = draw(st.sampled_from(CASTS))
    accounts = draw(st.lists(st.sampled_from(ACCOUNTS[2:]), max_size=3, unique=True))
    machines = draw(st.sampled_from([[], ["助手"], ["助手", "小美二号"], ["临时"]]))
    return Cast([*shops, *aliases], buyers, [*ACCOUNTS[:2], *accounts], machines)


days_around = st.sampled_from([1, 1, 1, 2, 2, 0, 0, 3, 3, -1, 4, 5, -4, 8, -23])
moments = st.builds(
    lambda day, clock: datetime.combine(START + timedelta(days=day), clock),
    days_around,
    st.sampled_from(CLOCKS),
)


@st.composite
def chats(draw: st.DrawFn, cast: Cast) -> list[tuple[str, Row]]:
    """Message rows with their file: runs of one buyer's steps, each a gap after the one before."""
    steps = st.tuples(
        st.sampled_from(LOOKS),
        st.sampled_from(GAPS_MS),
        st.sampled_from([0, 0, 0, 0, 1, 2, 3]),
        st.sampled_from([*cast.accounts, None]),
        st.sampled_from(TEXTS),
        st.sampled_from([None] * 8 + ORDER_IDS[:4]),
        st.sampled_from(["messages_1", "messages_1", "messages_2"]),
    )
    rows = []
    for _ in range(draw(st.integers(2, 7))):
        shop, buyer = draw(st.sampled_from(cast.shops)), draw(st.sampled_from(cast.buyers))
        ts, home = draw(moments), draw(st.integers(0, len(cast.accounts) - 1))
        for step in draw(st.lists(steps, min_size=2, max_size=10)):
            look, gap, move, to_account, text, order_id, file = step
            account = cast.accounts[(home + move) % len(cast.accounts)]
            for sender, kind, auto in says(look, account in cast.machines):
                ts += timedelta(milliseconds=gap)
                rows.append(
                    (
                        file,
                        {
                            "shop": shop,
                            "buyer": buyer,
                            "sender": sender,
                            "ts": ts,
                            "text": text,
                            "kind": kind,
                            "account": None if sender == "system" and move == 3 else account,
                            "auto": auto,
                            "order_id": order_id,
                            "to_account": to_account if kind == "transfer" else None,
                        },
                    )
                )
            if look[1] == "transfer" and to_account is not None and move:
                home = cast.accounts.index(to_account)
    return rows


def says(look: Look, machine: bool) -> list[Look]:
    """A step's rows; what an agent says is a robot's where a machine answers (a transfer may be anyone's)."""
    sender, kind, auto = look
    if sender == "agent" and machine and kind != "transfer":
        return [("robot", kind, auto)]
    if sender != "exchange":
        return [look]
    return [("buyer", kind, auto), ("robot" if machine else "agent", kind, auto)]


def anchored(times: list[datetime]) -> st.SearchStrategy[datetime]:
    """A moment, or a time of a message, a little moved; mostly whole seconds, as orders have them."""
    moved = st.builds(
        lambda ts, seconds, exact: (ts if exact else ts.replace(microsecond=0)) + timedelta(seconds=seconds),
        st.sampled_from(times),
        st.sampled_from([0, 0, 0, 1, 60, 600, 3600, -1, -60, -86400]),
        st.sampled_from([False, False, False, True]),
    )
    return moved | moved | moved | moments
