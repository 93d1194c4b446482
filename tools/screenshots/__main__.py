"""The command."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.screenshots.camera import Camera, NotReady, make_small
from tools.screenshots.demonstration import demonstration
from tools.screenshots.walks import WALKS


def take(names: list[str]) -> None:
    """Write the pictures of these walks anew; of all, when none is named.

    Raises:
        NotReady: there is no browser or no such walk, or the demonstration did not start.
    """
    unknown = [name for name in names if name not in WALKS]
    if unknown:
        raise NotReady(f"no walk called {', '.join(unknown)}; there are {', '.join(WALKS)}")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise NotReady("needs Chromium: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory() as directory,
        demonstration(Path(directory)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        pictures = []
        for name in names or WALKS:
            camera = Camera(browser, site)
            WALKS[name](camera)
            camera.close()
            pictures += camera.taken
            print(f"{name}: {len(camera.taken)} pictures", flush=True)
        browser.close()
    make_small(pictures)


if __name__ == "__main__":
    try:
        take(sys.argv[1:])
    except NotReady as why:
        print(f"screens: {why}", file=sys.stderr)
        sys.exit(1)
