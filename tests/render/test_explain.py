"""``explain --order``: an order's story from a finished run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_month import EVIL_NICK, Finished

from evaluator.explain import explain_order
from evaluator.explain_buyer import explain_buyer
from evaluator.finished import FinishedRun
from evaluator.model import EvaluatorError


def test_the_story_of_an_order(finished: Finished) -> None:
    text = explain_order(finished.out, "9000000000000000001")
    lines = text.splitlines()
    assert lines[0] == "订单 9000000000000000001　店铺 旗舰店"
    assert "  下单　2026-10-03 10:02:00　付款　2026-10-03 10:03:00" in lines
    assert "  金额　123.45 元，计入 123.45 元" in lines
    assert any("下单优先判定：小美 E01　← 本次采用" in line for line in lines)
    assert any(
        line.startswith("  ★1. 小美 E01　最后一条 10-03 10:01:00　客服 2 条，买家 2 条") for line in lines
    )
    assert any(line.startswith("  　2. 小雅 E02") for line in lines)
    assert any("协助下单　小雅 E02　1 条人工消息" in line and "10-03 09:00:10" in line for line in lines)
    decided = next(n for n, line in enumerate(lines) if line.endswith("← 下单判定的依据"))
    created = next(n for n, line in enumerate(lines) if "10:02:00 下单" in line)
    paid = next(n for n, line in enumerate(lines) if "付款 123.45 元（小美 E01）" in line)
    assert decided < created < paid


def test_why_an_order_is_silent_or_excluded(finished: Finished) -> None:
    silent = explain_order(finished.out, "9000000000000000005")
    assert "未关联" in silent
    assert "（不知道买家是谁，无从判定，静默）" in silent
    assert "不计入任何客服，不作判定：备注含排除词" in explain_order(finished.out, "9000000000000000006")


def test_hostile_text_cannot_take_over_the_terminal(finished: Finished) -> None:
    text = explain_order(finished.out, "9000000000000000002")
    assert EVIL_NICK in text
    assert "\x1b" not in text


def test_a_name_is_told_without_the_spreadsheets_apostrophe(finished: Finished) -> None:
    assert "'=1+1" in (finished.out / "tables" / "kpi.csv").read_text("utf-8")
    assert FinishedRun(finished.out).who("E04") == "=1+1 E04"


def test_an_unknown_order_gives_near_ones(finished: Finished) -> None:
    with pytest.raises(EvaluatorError, match=r"没有订单 900000000000000000（.*9000000000000000001"):
        explain_order(finished.out, "900000000000000000")
    with pytest.raises(EvaluatorError, match="相近的有：9000000000000000001"):
        explain_order(finished.out, "9000000000000000011")


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluatorError, match="不是一次运行的结果"):
        explain_order(tmp_path, "1")


def test_a_buyers_orders_and_chat_in_order_of_time(finished: Finished) -> None:
    lines = explain_buyer(finished.out, "buyerbeta22").splitlines()
    assert lines[0] == "买家 buyerbeta22　店铺 旗舰店"
    assert any("订单 9000000000000000004 付款 55.55 元（静默）" in line for line in lines)
    assert any("买家 → 小雅 E02（shop:小雅02）：有货吗" in line for line in lines)
    with pytest.raises(EvaluatorError, match="没有买家 nobody"):
        explain_buyer(finished.out, "nobody")
