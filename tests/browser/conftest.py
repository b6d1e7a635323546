"""A real Chromium, and the pages that it looks at: of the poisoned month and of the demo month."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import poisoned_month
import pytest
from playwright.sync_api import Browser, sync_playwright
from typer.testing import CliRunner

from evaluator.cli import app

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window; closed with the session."""
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on this system: pages are not tried in a browser")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        yield opened
        opened.close()


def command(*args: str | Path) -> None:
    """Runs the program as from the command line."""
    done = CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)
    assert done.exit_code == 0, done.output


def write_more(month: Path, out: Path, texts: Path) -> Path:
    """Pages that other commands than ``run`` write of a month, below one folder. ``texts``: labelled, for ``ads``."""
    command("insight", month, "--html", out / "insight.html")
    command("simulate", month, "--plan", month / "plan.yaml", "--out", out / "simulation")
    command("ads", "evaluate", texts, "--out", out / "ads.html")
    return out


@pytest.fixture(scope="session")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("poisoned")
    texts = home / "texts.csv"
    said = poisoned_month.evil("labelled").replace('"', '""')
    texts.write_text(
        f'label,text,category\nad,"{said}","{said}"\nnot_ad,在吗,问\nnot_ad,"{said}",问\n', "utf-8"
    )
    month = poisoned_month.write_month(home / "month")
    command("run", month, "--out", home / "out" / "run", "--quiet")
    return write_more(month, home / "out", texts)


@pytest.fixture(scope="session")
def shown(demo_month: Path, demo_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo month's pages, as a customer sees them."""
    home = tmp_path_factory.mktemp("shown")
    texts = home / "texts.csv"
    texts.write_text("label,text,category\nad,代运营加微信 abc12345,代运营\nnot_ad,在吗,问候\n", "utf-8")
    shutil.copytree(demo_out, home / "out" / "run")
    return write_more(demo_month, home / "out", texts)
