"""The headers every answer carries. Content Security Policy Level 3, RFC 6797 (HSTS), W3C Referrer Policy."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g

from idp.settings import Settings
from idp.web.translations import language

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)

_PAGE_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    # Relying parties learn our origin, never the address of a page; `no-referrer` would turn the Origin of
    # every form post into `null`, which assertion consumers and our own checks could not tell from a forgery.
    ("Referrer-Policy", "strict-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_MACHINE_HEADERS = (("X-Content-Type-Options", "nosniff"),)
_TRANSPORT = (("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),)

_HOST_SOURCE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?\Z")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*\Z")

_log = structlog.get_logger(__name__)


def install(app: Flask, settings: Settings) -> None:
    """Set them on every response; pages get all of them, what machines read only what fits it."""
    transport = _TRANSPORT if settings.secure else ()
    page, machine = _PAGE_HEADERS + transport, _MACHINE_HEADERS + transport

    @app.after_request
    def set_headers(response: Response) -> Response:
        headers = response.headers
        if response.mimetype != "text/html":
            headers.extend(machine)
            return response
        headers.extend(page)
        targets, frames = g.get("form_targets"), g.get("frames")
        policy = f"{_POLICY} {' '.join(targets)}" if targets else _POLICY
        headers["Content-Security-Policy"] = f"{policy}; frame-src {' '.join(frames)}" if frames else policy
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault("Content-Language", language())
        return response


def allow_form_targets(*urls: str) -> None:
    """Let a form of this response end at the origins of `urls`, which the caller took from the registry.

    Chrome holds `form-action` against every redirect that follows a post, so the page with the form must already
    name where the whole chain ends (CSP3 §6.4.1).
    """
    if "form_targets" not in g:
        g.form_targets = []
    for url in urls:
        source = form_source(url)
        if source is None:
            _log.warning("headers.form_target_unusable")
        elif source not in g.form_targets:
            g.form_targets.append(source)


def allow_frames(*urls: str) -> frozenset[str]:
    """Let this response frame the origins of `urls`, which the caller took from the registry; those of them that it can
    frame. A whole scheme is never opened: an address whose host CSP cannot write (IPv6) is left out."""
    if "frames" not in g:
        g.frames = []
    usable = {url: source for url in urls if (source := form_source(url)) is not None and "://" in source}
    g.frames += sorted(set(usable.values()) - set(g.frames))
    return frozenset(usable)


def form_source(url: str) -> str | None:
    """The CSP source that covers `url`, or None where there is none.

    A private-use scheme (RFC 8252 §7.1) and an IPv6 host, which CSP cannot write, are covered by their scheme alone.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not _SCHEME.match(parts.scheme) or parts.scheme in {"javascript", "data", "blob"}:
        return None
    if parts.scheme not in {"http", "https"} or ":" in host:
        return f"{parts.scheme}:"
    try:
        authority = host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if port is not None:
        authority = f"{authority}:{port}"
    return f"{parts.scheme}://{authority}" if _HOST_SOURCE.match(authority) else None
