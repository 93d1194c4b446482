"""The page whose script is a client by itself, bundled and served."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response

from tests.browsers import served
from tests.strangers.node import CLIENTS, node

_PAGE = '<!doctype html><html lang="ko" data-told="{told}"><title>…</title><script src="/spa.js"></script></html>'


@contextmanager
def served_page(address: str, told: Mapping[str, str], directory: Path) -> Iterator[None]:
    """The page at `address`; `told` is what it knows of the provider and of itself."""
    script = directory / "spa.js"
    esbuild, source = CLIENTS / "node_modules" / "esbuild" / "bin" / "esbuild", CLIENTS / "spa.ts"
    how = ["--bundle", "--format=iife", f"--outfile={script}", "--log-level=error"]
    subprocess.run([node(), esbuild, source, *how], check=True, timeout=60)
    page = _PAGE.format(told=urlencode(told).replace("&", "&amp;"))
    site = Flask("spa")
    site.add_url_rule("/spa.js", view_func=lambda: Response(script.read_bytes(), mimetype="text/javascript"))
    for path in ("/", "/callback", "/bye"):
        site.add_url_rule(path, endpoint=path, view_func=lambda: page)
    with served(site, urlsplit(address).port or 0):
        yield
