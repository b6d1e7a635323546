"""SPEC §3: which receptions count."""

from __future__ import annotations

from .conversation import Reception
from .identity import Identity
from .month import OracleMonth, days

NAMES = ("internal", "manual", "ad", "agent_only", "one_liner", "code_word")


class Filters:
    def __init__(self, month: OracleMonth, identity: Identity) -> None:
        self.month, self.identity = month, identity
        self.own_accounts = own_accounts(month)
        self.mains = {main_of(account) for account in self.own_accounts}

    def is_internal(self, buyer: str | None) -> bool:
        """R-F1: the buyer is a roster account, an account that appears as ``account`` in the messages, the
        main account (主 of 主:子) or any sub-account of one of these, or in ``internal_accounts``."""
        if buyer is None:
            return False
        if buyer in self.own_accounts or buyer in self.mains:
            return True
        if ":" in buyer and main_of(buyer) in self.own_accounts | self.mains:
            return True
        return buyer in self.month.settings["internal_accounts"]

    def is_manual(self, reception: Reception) -> bool:
        """R-F2: listed by hand (buyer, or buyer + day)."""
        for row in self.month.rows("manual_filters"):
            if row["shop"] != reception.shop:
                continue
            if row.get("day") is None:
                listed = self.identity.names(row["shop"], row["buyer"], reception.buyer)
            else:
                buyer = self.identity.dated(row["shop"], row["buyer"], row["day"])
                listed = (buyer, row["day"]) == (reception.buyer, reception.day)
            if listed:
                return True
        return False

    def label_of(self, reception: Reception) -> str | None:
        """§2.1 ``labels``: a person's label, the last row holds."""
        label = None
        for row in self.month.rows("labels"):
            same_shop = row["shop"] == reception.shop
            if same_shop and self.identity.names(row["shop"], row["buyer"], reception.buyer):
                label = row["label"]
        return label

    def is_ad(self, reception: Reception) -> bool:
        """R-F3, §3.1: a person's label always wins; else rule, classifier or behaviour, but never (R-F0) a
        buyer with a paid order in the shop within 90 days either side of the reception's day."""
        label = self.label_of(reception)
        if label is not None:
            return label == "ad"
        if (reception.shop, reception.buyer) not in self.month.rule_ads:
            return False
        return not any(
            abs(self.month.day(row["paid"]) - reception.day) <= days(90)
            for row in self.month.rows("orders")
            if row.get("paid")
            and row["shop"] == reception.shop
            and self.identity.order_buyer[(row["shop"], row["order_id"])] == reception.buyer
        )

    def is_agent_only(self, reception: Reception) -> bool:
        """R-F4 单口相声: no buyer message in the reception and no turn opened by a transfer."""
        return not reception.buyer_messages and not reception.opened_by_transfer

    def is_one_liner(self, reception: Reception) -> bool:
        """R-F5 顾客单句: exactly one buyer message and no human message in the reception (also a robot's)."""
        return len(reception.buyer_messages) == 1 and not reception.human_messages

    def has_code_word(self, reception: Reception) -> bool:
        """R-F6 暗语: the word occurs ≥ n times (as written, not overlapping) in the human messages."""
        rule = self.month.settings["filters"]["code_word"]
        found = sum(message.text.count(rule["word"]) for message in reception.human_messages)
        return found >= int(rule["n"])

    def reason(self, reception: Reception) -> str | None:
        """§3: the first reason in the table's order wins; each filter has a switch."""
        switch = self.month.settings["filters"]
        rules = {
            "internal": lambda r: self.is_internal(r.buyer),
            "manual": self.is_manual,
            "ad": self.is_ad,
            "agent_only": self.is_agent_only,
            "one_liner": self.is_one_liner,
            "code_word": self.has_code_word,
        }
        return next((name for name in NAMES if switch[name] and rules[name](reception)), None)

    def counts(self, receptions: list[Reception]) -> list[dict[str, object]]:
        """§3: how many receptions, messages and buyers each filter removed."""
        rows = []
        for name in NAMES:
            hit = [r for r in receptions if r.filtered == name]
            rows.append(
                {
                    "filter": name,
                    "on": bool(self.month.settings["filters"][name]),
                    "receptions": len(hit),
                    "messages": sum(r.messages for r in hit),
                    "buyers": len({(r.shop, r.buyer) for r in hit}),
                }
            )
        return rows


def own_accounts(month: OracleMonth) -> set[str]:
    """Roster accounts, and all that appear as ``account`` in the messages."""
    roster = {row["account"] for row in month.rows("roster")}
    return roster | {row["account"] for row in month.rows("messages") if row["account"]}


def main_of(account: str) -> str:
    """主 of 主:子; a main account is its own."""
    return account.split(":", 1)[0]
