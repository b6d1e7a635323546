"""Pages in a real browser: hostile text stays text, nothing leaves the page, nobody is shut out of reading it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from written_pages import pages_of

from evaluator.evaluation import Evaluation
from evaluator.output import write_manifest
from evaluator.render.view.history import History
from evaluator.reportoptions import ReportOptions

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
WIDE, PHONE = (1280, 900), (390, 844)
#: What no page has: whatever loads, runs or sends.
ACTIVE = "script,img,iframe,object,embed,link,base,form,video,audio,[onload],[onerror],[onclick],a[href^=javascript]"


@contextmanager
def opened(browser: Browser, path: Path, **context: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page in a context of its own, and what went wrong or out while it was open."""
    told: list[str] = []
    held = browser.new_context(**context)
    try:
        page = held.new_page()
        page.on("dialog", lambda dialog: (told.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: told.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: told.append(f"error {error}"))
        page.on("request", lambda request: told.append(f"request {request.url[:200]}"))
        page.on(
            "requestfailed", lambda request: told.append(f"stopped by {request.failure} {request.url[:200]}")
        )
        page.goto(path.as_uri())
        assert told[:1] == [f"request {path.as_uri()[:200]}"]
        del told[0]
        yield page, told
    finally:
        held.close()


def test_hostile_text_runs_nothing_loads_nothing_and_is_shown(browser: Browser, poisoned: Path) -> None:
    seen = set[str]()
    pages = sorted(poisoned.rglob("*.html"))
    assert {
        "team.html",
        "assessment.html",
        "handbook.html",
        "insight.html",
        "simulation.html",
        "ads.html",
    } < {page.name for page in pages}
    for path in pages:
        with opened(browser, path) as (page, told):
            for closed in page.locator("summary").all()[:5]:
                closed.click()
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            page.mouse.click(300, 300)
            page.wait_for_timeout(50)
            assert page.evaluate("typeof window.__pwned") == "undefined", path
            assert page.locator(ACTIVE).count() == 0, path
            policy = page.locator("meta[http-equiv=Content-Security-Policy]").first
            assert policy.get_attribute("content") == POLICY, path
            assert page.evaluate("document.head.firstElementChild.nextElementSibling.httpEquiv") == (
                "Content-Security-Policy"
            ), path
            text = page.evaluate("document.documentElement.textContent")
            assert not {c for c in text if c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u200b\x00"}, path
            assert "49<" not in text and "\ufffd" * 2 not in text
            seen |= {
                part.partition("⟫")[0]
                for part in text.split("⟪")[1:]
                if re.match("[^⟫]+⟫<(script|img)", part)
            }
            assert told == [], (path, told[:3])
    assert seen >= {
        *("shop", "plan", "grade", "low_grade", "allowance", "name1", "name2", "group0", "group1", "id1", "id2"),
        *("nick1", "nick2", "chat", "unbound", "order", "reason", "claim", "judge", "note", "file", "labelled"),
    }  # fmt: skip


def test_the_policy_holds_back_what_escaping_let_through(browser: Browser, poisoned: Path) -> None:
    """As if escaping had failed: the page itself refuses to run or load anything."""
    with opened(browser, poisoned / "run" / "team.html") as (page, told):
        page.evaluate("""() => {
            const bad = '<img src="https://example.invalid/x.png" onerror="window.__pwned=1">'
                + '<iframe src="data:text/html,hi"></iframe><a id=bad href="javascript:window.__pwned=2">x</a>';
            document.body.insertAdjacentHTML('beforeend', bad);
            const script = document.createElement('script');
            script.textContent = 'window.__pwned=3';
            document.body.append(script);
            document.getElementById('bad').click();
        }""")
        page.wait_for_timeout(200)
        assert page.evaluate("typeof window.__pwned") == "undefined"
        assert sum("Content Security Policy" in line for line in told) >= 3
        asked = [line.removeprefix("request ") for line in told if line.startswith("request http")]
        assert all(f"stopped by csp {url}" in told for url in asked)


def test_without_javascript(browser: Browser, shown: Path) -> None:
    for path in pages_of(shown):
        with opened(browser, path, java_script_enabled=False) as (page, told):
            assert page.locator("h1").first.is_visible(), path
            if page.locator("details summary").count():
                page.locator("details summary").first.click()
                assert page.locator("details").first.get_attribute("open") is not None
            assert told == [], path


@pytest.mark.parametrize("month", ["shown", "poisoned"])
def test_nothing_is_wider_than_a_phone(browser: Browser, month: str, request: pytest.FixtureRequest) -> None:
    """At 390 pixels the page itself never scrolls sideways; wide tables do, in their own frame."""
    for path in pages_of(request.getfixturevalue(month)):
        with opened(browser, path, viewport={"width": 390, "height": 844}) as (page, _):
            for state in ("closed", "open"):
                wide, room = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
                assert wide <= room, (path, state, wide, widest(page))
                page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def test_a_phone_shows_all_of_the_month_at_a_glance(
    browser: Browser, demo: Evaluation, demo_out: Path, tmp_path: Path
) -> None:
    """Beside the last month too: what plans ask for stands below its figures, on no screen outside of the frame."""
    last = tmp_path / "last"
    shutil.copytree(demo_out, last)
    manifest = json.loads((last / "manifest.json").read_text("utf-8"))
    write_manifest(manifest | {"period": {"start": "2026-09-01", "end": "2026-10-01"}}, last)
    out = tmp_path / "out"
    demo.save(out, options=ReportOptions(history=History.read([last])))
    for width in (360, 390, 500, 600, 760, 768, 1280):
        with opened(browser, out / "team.html", viewport={"width": width, "height": 844}) as (page, _):
            room = page.locator("#glance .scroll").evaluate("e => [e.scrollWidth, e.clientWidth]")
            assert room[0] <= room[1], width
            frame = page.locator("#glance .scroll").bounding_box()
            asked = page.locator("#glance td.w", has_text="人达到")
            assert asked.count() > 5
            for cell in asked.all():
                box = cell.bounding_box()
                assert frame is not None
                assert box is not None
                assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1, (width, cell.inner_text())


def widest(page: Page) -> str:
    """The element that reaches furthest to the right outside of frames that scroll."""
    found = page.evaluate("""() => [...document.querySelectorAll('body *')]
        .filter(e => !e.closest('.scroll')).map(e => [e.getBoundingClientRect().right, e.outerHTML.slice(0, 200)])
        .sort((a, b) => b[0] - a[0]).slice(0, 3)""")
    return json.dumps(found, ensure_ascii=False)


#: Only what is wrong, without working out how to name its element: pages have thousands of cells.
QUICKLY = {"resultTypes": ["violations"], "selectors": False, "preload": False, "iframes": False}


def findings(page: Page, path: Path) -> list[str]:
    """Serious and critical findings of axe."""
    found = Axe().run(page, options=QUICKLY).response["violations"]
    return [
        f"{path.name}: {rule['id']} {rule['help']}: {node['html'][:160]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"][:3]
    ]


#: Of tables and lists only so many rows: every cell's contrast is worked out, and they have thousands.
SHORTER = """n => document.querySelectorAll('tbody, ul, ol')
    .forEach(e => [...e.children].slice(n).forEach(c => c.remove()))"""


@pytest.mark.parametrize(
    ("size", "scheme", "rows"),
    [
        (WIDE, "light", 5),
        *(
            pytest.param(size, scheme, None, marks=pytest.mark.heavy)
            for size in (WIDE, PHONE)
            for scheme in ("light", "dark")
        ),
    ],
)
def test_everybody_can_read_it(
    browser: Browser, shown: Path, size: tuple[int, int], scheme: str, rows: int | None
) -> None:
    """axe: nothing serious or critical. The policy would hold back axe itself, so here it is passed over."""
    told = []
    for path in pages_of(shown):
        options = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": scheme}
        with opened(browser, path, bypass_csp=True, **options) as (page, _):
            if rows is not None:
                page.evaluate(SHORTER, rows)
            told += findings(page, path)
    assert not told, "\n".join(told)
