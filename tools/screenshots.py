"""Takes the pictures in `docs/screens/`: a demonstration of its own, a browser, and one member's way through it.

    python -m tools.screenshots

Needs Chromium and the built pages (`make frontend`); with pngquant the pictures are half as large.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
SCREENS = ROOT / "docs" / "screens"
_START_SECONDS = 120
_ADDRESSES = {
    "IDP_ISSUER": "http://127.0.0.1:8950",
    "VOUCHER_URL": "http://127.0.0.1:8951",
    "KAMP_URL": "http://127.0.0.1:8952",
    "SMTECH_URL": "http://127.0.0.1:8953",
}
_OWN_PAGES = {
    "profile": "",
    "profile-edit": "profile",
    "profile-password": "password",
    "agencies": "agencies",
    "certificates": "certificates",
    "consents": "consents",
    "history": "history",
    "withdraw": "withdraw",
}
_WIDE, _NARROW = {"width": 1280, "height": 900}, {"width": 375, "height": 800}


class NotReady(Exception):
    """What is needed is not here, or did not start; the text says what to do."""


def take() -> None:
    """Write every picture anew.

    Raises:
        NotReady: there is no browser, or the demonstration did not start.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise NotReady("needs Chromium: apt-get install chromium")
    SCREENS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, _demonstration(Path(directory)), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        _walk(browser, _WIDE, "1280")
        _walk(browser, _NARROW, "375")
        browser.close()
    _make_small()


def _make_small() -> None:
    """A palette in place of full colour halves a picture and nobody sees it; without pngquant they stay as they are."""
    pngquant = shutil.which("pngquant")
    if pngquant is not None:
        pictures = [str(path) for path in sorted(SCREENS.glob("*.png"))]
        subprocess.run([pngquant, "--force", "--ext=.png", "--strip", "--speed=1", *pictures], check=True)


@contextmanager
def _demonstration(directory: Path) -> Iterator[None]:
    command = (sys.executable, "-c", "from idp.commands import main; main()", "demo", "--directory", str(directory))
    environment = {**os.environ, **_ADDRESSES, "PYTHONUNBUFFERED": "1"}
    program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        _wait_until_ready(program)
        yield
    finally:
        program.send_signal(signal.SIGINT)
        program.wait(30)


def _wait_until_ready(program: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    assert program.stdout is not None
    for line in program.stdout:
        if "ready after" in line:
            return
        if time.monotonic() > deadline:
            break
    raise NotReady("the demonstration did not start; `make demo` says why")


def _walk(browser: Browser, size: Mapping[str, int], suffix: str) -> None:
    """From voucher's button to the member's own pages, a picture at each stop."""
    context = browser.new_context(viewport={"width": size["width"], "height": size["height"]}, locale="ko-KR")
    page = context.new_page()
    _open(page, f"{_ADDRESSES['VOUCHER_URL']}/login")
    _picture(page, f"login-{suffix}")
    page.fill("input[name=login_id]", "honggildong")
    page.fill("input[name=password]", "Onepass!2026")
    _press(page, "main form button[type=submit]")
    page.wait_for_selector("button[value=accept]")
    _picture(page, f"consent-{suffix}")
    _press(page, "button[value=accept]")
    for name, path in _OWN_PAGES.items():
        _open(page, f"{_ADDRESSES['IDP_ISSUER']}/account/{path}")
        _picture(page, f"{name}-{suffix}")
    # So that the next walk is asked for consent again.
    _open(page, f"{_ADDRESSES['IDP_ISSUER']}/account/agencies/voucher/unlink")
    _press(page, "main form button[type=submit]")
    context.close()


def _open(page: Page, address: str) -> None:
    """Go there.

    Raises:
        NotReady: an error page came; nobody wants a picture of it.
    """
    answer = page.goto(address)
    if answer is None or not answer.ok:
        raise NotReady(f"{address} could not be shown: {page.title()}")


def _press(page: Page, button: str) -> None:
    """Press it and wait until the redirects that follow have ended."""
    with page.expect_navigation():
        page.click(button)


def _picture(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True, animations="disabled")


if __name__ == "__main__":
    try:
        take()
    except NotReady as why:
        print(f"screens: {why}", file=sys.stderr)
        sys.exit(1)
