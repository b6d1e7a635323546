"""What can be said only when all files have been read: the shop of exports that name none, accounts behind
numeric ids, robots, and the orders that chats name (SPEC §2, §2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from evaluator.model import EvaluatorError, InputFile, ReviewItem

if TYPE_CHECKING:
    from evaluator.settings import MonthConfig


def shop_of(rel: str, config: MonthConfig, named: set[str]) -> str:
    """The shop of a file that names none: the ``shop`` setting, the one key of ``platform``, the only shop
    that other files name; with several, the shop called like one of the file's sub-folders."""
    alias = config.settings.shop_alias
    known = set(config.shops) or named
    for folder in reversed(rel.split("/")[:-1]):
        if alias.get(folder, folder) in known:
            return alias.get(folder, folder)
    if config.shop:
        return config.shop
    if len(known) == 1:
        return next(iter(known))
    raise EvaluatorError(
        f"{rel}：这份导出没有写店铺，本月又不止一个店铺；请在 period.yaml 写 shop:，或把文件放进以店铺命名的子文件夹"
    )


def finish(
    tables: dict[str, pl.DataFrame], inputs: list[InputFile], accounts: dict[str, str], review: list[ReviewItem]
) -> dict[str, pl.DataFrame]:
    return tables
