"""The machine's own Chromium, an application served to it, and what says that a page is accessible."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.web.assets import BUILD
from tests.programs import lacking

AXE = Path(__file__).parents[1] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


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


@contextmanager
def served(app: Any) -> Iterator[int]:
    """The port of this machine at which `app` answers."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
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
