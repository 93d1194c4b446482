"""The machine's own Chromium, an application served to it, and what says that a page is accessible."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.web.assets import BUILD
from tests.programs import lacking

AXE = Path(__file__).parents[1] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1280, 375, 320)
"""In CSS pixels: a desk's, a telephone's, and what a page has to reflow to (WCAG 2.2 §1.4.10)."""
# A button in the middle of its change of colour has a contrast that no style sheet gives it.
_SETTLE = "for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish()"
_VIOLATIONS = """() => axe.run({resultTypes: ['violations']}).then(({violations}) =>
    violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`)))"""


@contextmanager
def chromium(*switches: str) -> Iterator[Browser]:
    """A browser, for which the pages are built."""
    program = shutil.which("chromium")
    missing = [str(part) for part in (BUILD / "manifest.json", AXE) if not part.is_file()]
    if program is None or missing:
        lacking(f"needs chromium and the built pages (make frontend); missing: {missing or 'chromium'}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *switches])
        yield browser
        browser.close()


def complaints(page: Page, widths: Sequence[int] = WIDTHS) -> list[str]:
    """What axe finds in the page at each width, and where it scrolls sideways (REQ-90); none, if all is well."""
    # Beside the page's policy, which lets no script of a stranger's in.
    page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 700})
        page.evaluate(_SETTLE)
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found.append(f"{page.url} {width} scrolls sideways")
        found += [f"{page.url} {width} {each}" for each in page.evaluate(_VIOLATIONS)]
    return found


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[int]:
    """The port of this machine at which `app` answers: `port`, or for 0 any."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # the name is werkzeug's
        """Nothing: pytest shows what a test says, not what a server does."""
