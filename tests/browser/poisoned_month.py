"""A small month in which every text that somebody else wrote is an attack, each with a mark of where it stood."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import yaml

LONG = "长" * 50_000
WIDE = "W" * 50_000


def evil(where: str) -> str:
    """Runs, opens, counts or turns something wherever text is taken for more than text."""
    return (
        f"⟪{where}⟫<script>window.__pwned='{where}'</script>\"'><img src=x onerror=\"window.__pwned='{where}'\">"
        f"<svg onload=window.__pwned=1>{{{{7*7}}}}{{% raw %}}</textarea></title></style></details></svg>"
        f"]]>--><a href=javascript:window.__pwned=2>😀&amp;&#60;&lt;\u202e倒\u202c\u200b"
    )


PERIOD = {
    "period": {"start": "2026-10-01", "end": "2026-11-01"},
    "platform": "tmall",
    "plan": "plan.yaml",
    "shop": evil("shop"),
    "settings": {
        "orders_through": "2026-11-05",
        "exclude_memo": [evil("exclude_memo")],
        "courtesy": [evil("courtesy")],
        "filters": {"code_word": {"word": evil("code_word"), "n": 9}},
    },
}
PLAN = {
    "name": evil("plan"),
    "kpi_base": 2000,
    "score": [
        {"metric": "conversion_rate", "weight": 60, "method": "linear", "worst": 0, "best": 1},
        {"metric": "sales", "weight": 40, "method": "rank", "percentile": True, "fallback": 10},
    ],
    "grades": [[90, evil("grade"), {"coefficient": 1.2}], [0, evil("low_grade"), {"coefficient": 0.5}]],
    "show_rank": "place_of",
    "pay": {
        "kpi_bonus": "score",
        "commission": {
            "metric": "net_sales",
            "kind": "marginal",
            "brackets": [[0, 0.01]],
            "coefficient": True,
        },
        "pool": {"amount": 1000, "by": "score"},
        "allowances": [{"name": evil("allowance"), "amount": 100}],
    },
}
IDS = (evil("id1"), evil("id2"), "../../" + WIDE[:3_000], "CON.html")
NAMES = (evil("name1"), evil("name2"), WIDE, '=HYPERLINK("http://example.invalid")')
ACCOUNTS = tuple(f"{evil('account')}:{n}" for n in range(4))
BUYERS = (evil("nick1"), evil("nick2"), WIDE[:2_000], "=1+1|cmd", "nick\ud800lone")
SAID = (evil("chat"), LONG, WIDE, '=HYPERLINK("http://example.invalid","点")', "​".join("隐形"))


def _table(folder: Path, name: str, head: str, rows: list[tuple[str, ...]]) -> None:
    with (folder / name).open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerows(rows)


def _messages() -> list[tuple[str, ...]]:
    shop, rows = str(PERIOD["shop"]), []
    for day, buyer in enumerate(BUYERS, 3):
        for seat, account in enumerate(ACCOUNTS):
            for number, text in enumerate(SAID):
                begin = f"2026-10-{day + 5 * (number % 4):02d} 1{seat}:{number:02d}"
                rows.append((shop, buyer, account, "buyer", f"{begin}:00", text, "text"))
                if (seat + number) % 3:
                    rows.append((shop, buyer, account, "agent", f"{begin}:50", text, evil("kind")))
    rows.append((shop, BUYERS[0], evil("unbound"), "buyer", "2026-10-20 10:00:00", evil("chat2"), "text"))
    rows.append((shop, BUYERS[0], evil("unbound"), "agent", "2026-10-20 10:00:09", evil("chat2"), "text"))
    rows.append((shop, "a\x00b", ACCOUNTS[0], "buyer", "2026-10-20 10:00:00", "零\x00字节", "text"))
    rows.append((evil("bad_shop"), "", evil("bad"), "nobody", evil("when"), evil("bad_text"), ""))
    return sorted(rows, key=lambda row: row[4])


def _trades() -> str:
    """One order as the platform's interface gives it: JSON may hold what is no Unicode text."""
    trade = {
        "tid": 3812345678901234567,
        "seller_nick": PERIOD["shop"],
        "buyer_nick": BUYERS[4],
        "created": "2026-10-08 10:06:00",
        "pay_time": "2026-10-08 10:07:00",
        "payment": "66.00",
        "seller_memo": evil("json_memo") + "\udfff",
        "status": "TRADE_FINISHED",
    }
    return json.dumps({"trades_sold_get_response": {"trades": {"trade": [trade]}}})


def write_month(folder: Path) -> Path:
    """The month's folder."""
    folder.mkdir()
    shop = str(PERIOD["shop"])
    for name, held in (("period.yaml", PERIOD), ("plan.yaml", PLAN)):
        (folder / name).write_text(
            yaml.safe_dump(held, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
    _table(folder, "messages.csv", "shop,buyer,account,sender,ts,text,kind", _messages())
    roster = zip(ACCOUNTS, IDS, NAMES, strict=True)
    people = [(a, i, n, evil(f"group{k // 2}"), "售前", "3000") for k, (a, i, n) in enumerate(roster)]
    _table(folder, "roster.csv", "account,employee_id,name,group,role,base_salary", people)
    orders = [
        (f"{evil('order')}{n}", shop, buyer, f"2026-10-{n + 3:02d} 13:00:00", f"2026-10-{n + 3:02d} 13:05:00",
         "100.00", evil("memo"), evil("status"))
        for n, buyer in enumerate(BUYERS)
    ]  # fmt: skip
    orders.append((WIDE, shop, "", "2026-10-09 13:00:00", "2026-10-09 13:05:00", "9.00", LONG, ""))
    _table(folder, "orders.csv", "order_id,shop,buyer,created,paid,amount,memo,status", orders)
    (folder / "trades.json").write_text(_trades(), encoding="utf-8")
    goods = [(o[0], evil("sku"), evil("title"), "1", "100.00", evil("category")) for o in orders]
    _table(folder, "order_items.csv", "order_id,sku,title,quantity,amount,category", goods)
    refund = (
        evil("refund"),
        orders[0][0],
        "2026-10-10 10:00:00",
        "2026-10-11 10:00:00",
        "10.00",
        "refund_only",
    )
    _table(folder, "refunds.csv", "refund_id,order_id,applied,completed,amount,kind", [refund])
    rating = (shop, BUYERS[0], ACCOUNTS[0], "2026-10-04 12:00:00", "1", "human", evil("tag"))
    _table(folder, "ratings.csv", "shop,buyer,account,ts,score,source,tags", [rating])
    changes = [(IDS[0], "-20", evil("reason"), evil("approved")), (IDS[1], "50", LONG, "王")]
    _table(folder, "adjustments.csv", "employee_id,amount,reason,approved_by", changes)
    dispute = (
        orders[0][0],
        IDS[0],
        evil("claim"),
        "rejected",
        "",
        evil("judge"),
        "2026-11-01 10:00:00",
        evil("note"),
    )
    _table(
        folder, "disputes.csv", "order_id,employee_id,claim,decision,to_employee_id,by,when,note", [dispute]
    )
    _table(folder, "labels.csv", "shop,buyer,label", [(shop, b, "not_ad") for b in BUYERS[:4]])
    (folder / "⟪file⟫<img src=x onerror=window.__pwned=3>{{7*7}}.csv").write_text("a,b\n1,2\n", "utf-8")
    return folder
