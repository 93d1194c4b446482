"""One browser window that walks, and takes each page it stops at in two widths."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page, ViewportSize

if TYPE_CHECKING:
    from tools.screenshots.demonstration import Site


SCREENS = Path(__file__).parents[2] / "docs" / "screens"
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=375, height=800)
_PATIENCE = 15_000


class NotReady(Exception):
    """What is needed is not here, or did not start; the text says what to do."""


class Camera:
    """Drives one browser that has been nowhere yet; `another` is a second person's."""

    def __init__(self, browser: Browser, site: Site, *, scripts: bool = True) -> None:
        self.site = site
        self.taken: list[Path] = []
        self._browser = browser
        self._others: list[Camera] = []
        context = browser.new_context(
            viewport=WIDE, locale="ko-KR", timezone_id="Asia/Seoul", java_script_enabled=scripts
        )
        context.set_default_timeout(_PATIENCE)
        self.page: Page = context.new_page()

    def another(self, *, scripts: bool = True) -> Camera:
        """A further browser that shares nothing with this one but the pictures."""
        other = Camera(self._browser, self.site, scripts=scripts)
        other.taken = self.taken
        self._others.append(other)
        return other

    def close(self) -> None:
        for each in (self, *self._others):
            each.page.context.close()

    def open(self, address: str, status: int = 200) -> None:
        """Go to a path of the provider's, or to a whole address.

        Raises:
            NotReady: an unexpected answer came; nobody wants a picture of it.
        """
        address = address if "://" in address else f"{self.site.provider}{address}"
        answer = self.page.goto(address)
        if answer is None or answer.status != status:
            raise NotReady(f"{address} could not be shown: {self.page.title()}")

    def press(self, name: str) -> None:
        """Press the button and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name).first.click()

    def follow(self, name: str) -> None:
        """Follow the link and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name).first.click()

    def push(self, name: str) -> None:
        """Press a button that a script of the page answers."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def type(self, **values: str) -> None:
        """Fill fields by their ids."""
        for field, value in values.items():
            self.page.locator(f"#{field}").fill(value)

    def shoot(self, name: str, *, whole: bool = True) -> None:
        """Two pictures of the page before us, at 1280 and at 375 pixels; the whole of it, or what the window shows."""
        self.page.wait_for_load_state("load")
        self.shoot_at_once(name, whole=whole)

    def shoot_at_once(self, name: str, *, whole: bool = True) -> None:
        """The same of a page that is never whole: something in it does not come."""
        self.page.evaluate("document.fonts.ready")
        SCREENS.mkdir(parents=True, exist_ok=True)
        for size in (NARROW, WIDE):
            self.page.set_viewport_size(size)
            path = SCREENS / f"{name}-{size['width']}.png"
            self.page.screenshot(path=path, full_page=whole, animations="disabled")
            self.taken.append(path)
            if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                print(f"{path.name}: wider than the window", flush=True)


def make_small(pictures: Sequence[Path]) -> None:
    """A palette in place of full colour makes a third of a picture and nobody sees it; without pngquant they stay."""
    pngquant = shutil.which("pngquant")
    if pngquant is not None and pictures:
        quantise = (pngquant, "16", "--nofs", "--force", "--ext=.png", "--strip", "--speed=3")
        subprocess.run((*quantise, *map(str, pictures)), check=True)
