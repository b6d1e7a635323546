"""The pages that commands write."""

from __future__ import annotations

from pathlib import Path


def pages_of(folder: Path) -> list[Path]:
    """Every page below a folder, but of many agents only the first and the last."""
    pages = sorted(folder.rglob("*.html"))
    agents = [page for page in pages if page.parent.name == "agents"]
    return [page for page in pages if page not in agents[1:-1]]
