"""``reports/sample`` anew: what a run makes of the demo month, and pictures of it: ``python reports/build_sample.py``.

Pictures need Chromium, LibreOffice and poppler; ``--no-pictures`` leaves those that are there."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SAMPLE = Path(__file__).with_name("sample")
SHOWN = ("payroll.xlsx", "team.html", "assessment.html", "handbook.html", "agents.zip", "agents")
#: What LibreOffice draws of the workbook; without its notes, as it does when nothing is said.
FIRST_PAGE = {
    "PageRange": {"type": "string", "value": "1"},
    "ExportNotes": {"type": "boolean", "value": "false"},
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Shot:
    """A picture of a page: its top, or from the section ``at`` on."""

    page: str
    name: str
    width: int
    height: int
    at: str = ""
    dark: bool = False


SHOTS = (
    Shot("team.html", "team.png", 1280, 1500),
    Shot("team.html", "team-charts.png", 1280, 1500, at="spread"),
    Shot("team.html", "team-phone.png", 390, 844),
    Shot("agents/E01.html", "agent.png", 1280, 1500),
    Shot("agents/E01.html", "agent-phone.png", 390, 844, dark=True),
    Shot("assessment.html", "assessment.png", 1280, 1100),
)


def reports(out: Path) -> None:
    """The demo month's reports into the folder ``out``."""
    with tempfile.TemporaryDirectory() as name:
        month, run = Path(name) / "demo-month", Path(name) / "demo"
        for words in (["demo", month], ["run", month, "--out", run, "--quiet"]):
            subprocess.run([sys.executable, "-m", "evaluator", *map(str, words)], check=True)
        for shown in SHOWN:
            made, kept = run / shown, out / shown
            if kept.is_dir():
                shutil.rmtree(kept)
            if made.is_dir():
                shutil.copytree(made, kept)
            elif made.exists():
                shutil.copy(made, kept)


def browser() -> str | None:
    """The system's Chromium."""
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


def page_pictures(out: Path, into: Path) -> Iterator[Path]:
    """PNG pictures of the pages in ``out``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        for shot in SHOTS:
            page = chromium.new_page(
                viewport={"width": shot.width, "height": shot.height},
                color_scheme="dark" if shot.dark else "light",
            )
            page.goto(f"{(out / shot.page).resolve().as_uri()}#{shot.at}")
            page.screenshot(path=into / shot.name)
            page.close()
            yield into / shot.name
        chromium.close()


def workbook_picture(out: Path, into: Path) -> Path:
    """The first printed page of the workbook."""
    with tempfile.TemporaryDirectory() as name:
        office = ["soffice", f"-env:UserInstallation={Path(name).as_uri()}/office", "--headless"]
        form = f"pdf:calc_pdf_Export:{json.dumps(FIRST_PAGE)}"
        convert = [*office, "--convert-to", form, "--outdir", name, str(out / "payroll.xlsx")]
        subprocess.run(convert, check=True, capture_output=True)
        draw = ["pdftoppm", "-png", "-r", "110", "-f", "1", "-l", "1", "-singlefile"]
        subprocess.run([*draw, str(Path(name) / "payroll.pdf"), str(into / "payroll")], check=True)
    return into / "payroll.png"


def pictures(out: Path, into: Path) -> list[Path]:
    """PNG pictures of the reports in ``out``, into the folder ``into``."""
    into.mkdir(parents=True, exist_ok=True)
    return [*page_pictures(out, into), workbook_picture(out, into)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--no-pictures", action="store_true", help="only the reports themselves")
    given = parser.parse_args()
    reports(SAMPLE)
    if not given.no_pictures:
        pictures(SAMPLE, SAMPLE / "pictures")


if __name__ == "__main__":
    main()
