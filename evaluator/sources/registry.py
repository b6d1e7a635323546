"""The formats that a month may hold, in the order in which they are asked. A new platform is a new module
with ``ID``, ``sniff`` and ``read``, and a line here."""

from __future__ import annotations

from typing import cast

from evaluator.sources import canonical
from evaluator.sources.base import Format

FORMATS: tuple[Format, ...] = cast("tuple[Format, ...]", (canonical,))
