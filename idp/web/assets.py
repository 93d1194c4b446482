"""Styles, scripts, fonts and icons: what `frontend/build.py` made, under names that change with the content."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import structlog
from flask import Flask, Response, abort, request

from idp.errors import ConfigurationError
from idp.settings import Settings

BUILD = Path(__file__).parent / "static" / "build"
"""Where the build lies; it is not in the repository."""

_FOREVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"
_FAVICON = "favicon.svg"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Asset:
    """One file, held in memory: the whole build is about a megabyte, mostly the three fonts."""

    content: bytes
    packed: bytes | None
    content_type: str


def install(app: Flask, settings: Settings, build: Path = BUILD) -> None:
    """Serve the build and give templates `asset('pages.css')`.

    Raises:
        ConfigurationError: there is no build and this is production.
    """
    names = _manifest(build, required=settings.environment == "production")
    files = {path.name: _read(path) for path in build.glob("*.*") if path.suffix in _TYPES}

    def asset(name: str) -> str:
        return f"/assets/{names.get(name, name)}"

    def serve(name: str) -> Response:
        found = files.get(name)
        if found is None:
            abort(404)
        return _answer(found, _FOREVER)

    def favicon() -> Response:
        # Browsers ask for this address when what they show is no page of ours and names no icon.
        found = files.get(names.get(_FAVICON, ""))
        if found is None:
            abort(404)
        return _answer(found, _A_DAY)

    app.jinja_env.globals["asset"] = asset
    app.add_url_rule("/assets/<name>", "web.asset", serve)
    app.add_url_rule("/favicon.ico", "web.favicon", favicon)


def _manifest(build: Path, *, required: bool) -> dict[str, str]:
    path = build / "manifest.json"
    if path.is_file():
        manifest: dict[str, str] = json.loads(path.read_text("utf-8"))
        return manifest
    if required:
        raise ConfigurationError("styles and scripts were not built: run `make frontend`")
    _log.warning("assets.not_built")
    return {}


def _read(path: Path) -> Asset:
    packed = path.with_name(f"{path.name}.gz")
    return Asset(path.read_bytes(), packed.read_bytes() if packed.is_file() else None, _TYPES[path.suffix])


def _answer(asset: Asset, lifetime: str) -> Response:
    packed = asset.packed is not None and request.accept_encodings.quality("gzip") > 0
    response = Response(asset.packed if packed else asset.content, content_type=asset.content_type)
    headers = response.headers
    if packed:
        headers["Content-Encoding"] = "gzip"
    headers["Vary"] = "Accept-Encoding"
    headers["Cache-Control"] = lifetime
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
