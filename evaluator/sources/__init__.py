"""Export files -> canonical tables (SPEC §2, FORMATS). ``read_month`` is the way in."""

from evaluator.sources.month import read_month

__all__ = ["read_month"]
