"""One spelling for what advertisers spell in many ways."""

from __future__ import annotations

import polars as pl
import pytest

from evaluator.ads.rules import ad_rules
from evaluator.ads.spelling import plain


def spelled(text: str) -> str:
    return str(plain(pl.Series([text]), ad_rules().spellings)[0])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("加薇❤：abc12345 详聊", "加微信✉ 详聊"),
        ("加V信 abc_12345", "加微信✉"),
        ("ＶＸ：ａｂｃ１２３４５", "微信✉"),
        ("weixin号 kmy36495", "微信✉"),
        ("扣扣１２３４５６", "qq✉"),
        ("薇信同号13800138000", "微信同号☎"),
        ("电话138 0013-8000", "电话☎"),
        ("一三八零零一三八零零零", "☎"),
        ("１３８００１３８０００", "☎"),
        ("138xxxxxxxx", "☎"),
        ("3️⃣6️⃣5️⃣天", "0天"),
        ("https://t.cn/AbC12 点开", "🔗 点开"),
        ("www.example.com/a?b=1", "🔗"),
        ("https://item.taobao.com/item.htm?id=538872953711", "🛒"),
        ("https://item.jd.com/1234.html 这个有货吗", "🛒 这个有货吗"),
        ("￥abcDEF12345￥", "🎫"),
        ("订单251206-123456789012345", "订单📦"),
        ("1234567890123456789", "📦"),
        ("xx元起，x.x折，满xxx送xx", "0元起,0折,满0送0"),
        ("3.5寸 2020-02-23 10:33", "0寸 0 0"),
        ("s单 刷·单 补-单", "刷单 刷单 补单"),
        ("上 好 的 茶 叶 加 v abc12345", "上好的茶叶加微信✉"),
        ("谢谢[微笑][微笑] #E-s21", "谢谢☺☺ ☺"),
        ("满&lt;99&gt;", "满<0>"),
        ("这个\u200b多\u200c少钱\n急", "这个多少钱 急"),
    ],
)
def test_contacts_and_numbers(written: str, read: str) -> None:
    assert spelled(written) == read


@pytest.mark.parametrize(
    "text", ["xxl 有吗", "iphone x max", "xl 和 xxl 差多少", "微辣加微辣", "球球猫粮", "在吗"]
)
def test_what_customers_write_stays(text: str) -> None:
    assert spelled(text) == text


def test_missing_texts_are_empty_and_order_is_kept() -> None:
    assert plain(pl.Series(["好的", None, "ABC"]), {}).to_list() == ["好的", "", "abc"]
    assert plain(pl.Series([], dtype=pl.String), {}).to_list() == []
