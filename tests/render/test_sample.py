"""``reports/sample`` is what the program makes of the demo month today, and its pictures show it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

REPORTS = Path(__file__).parents[2] / "reports"
SAMPLE = REPORTS / "sample"
THUMB = (64, 64)
ALIKE = 6  # grey levels, on average, of pictures drawn with other fonts


@pytest.fixture(scope="module")
def building() -> ModuleType:
    """The script that makes the sample."""
    spec = importlib.util.spec_from_file_location("build_sample", REPORTS / "build_sample.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_sample"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def _files(folder: Path, shown: tuple[str, ...]) -> dict[str, Path]:
    found = (p for name in shown for p in (folder / name, *(folder / name).rglob("*")))
    return {p.relative_to(folder).as_posix(): p for p in found if p.is_file()}


def _content(path: Path) -> object:
    """A zip by its members: how they are packed depends on the machine's zlib."""
    if path.suffix not in (".xlsx", ".zip"):
        return path.read_bytes()
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_the_sample_is_what_the_program_makes(demo_out: Path, building: ModuleType) -> None:
    made, kept = _files(demo_out, building.SHOWN), _files(SAMPLE, building.SHOWN)
    assert sorted(made) == sorted(kept)
    stale = [name for name in made if _content(made[name]) != _content(kept[name])]
    assert not stale, "make sample"


def test_the_pictures_show_the_sample(building: ModuleType, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    if not (building.browser() and shutil.which("soffice") and shutil.which("pdftoppm")):
        pytest.skip("pictures need Chromium, LibreOffice and poppler")
    with ThreadPoolExecutor(
        1
    ) as beside:  # where the browser's tests have Playwright open, a thread has its own
        drawn = beside.submit(building.pictures, SAMPLE, tmp_path).result()
    assert sorted(p.name for p in drawn) == sorted(p.name for p in (SAMPLE / "pictures").glob("*.png"))
    for new in drawn:
        with image.open(new) as a, image.open(SAMPLE / "pictures" / new.name) as b:
            assert a.size == b.size, new.name
            small = [list(one.convert("L").resize(THUMB).tobytes()) for one in (a, b)]
        apart = sum(abs(x - y) for x, y in zip(*small, strict=True)) / len(small[0])
        assert apart < ALIKE, f"{new.name}: make sample"


def test_readme_shows_pictures_that_exist() -> None:
    for name in ("README.md", "README.zh.md"):
        text = (REPORTS.parent / name).read_text(encoding="utf-8")
        shown = [
            p for p in (SAMPLE / "pictures").glob("*.png") if f"reports/sample/pictures/{p.name}" in text
        ]
        assert len(shown) >= 3, name
