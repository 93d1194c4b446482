"""Words in the reader's language: Korean is what the sources are written in, catalogues lie in `translations/`.

A relying party may ask for a language (`ui_locales`), a reader may choose one by the switch on every page, a browser
says which its owner reads: in this order, and Korean where nobody says anything we have.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, abort, current_app, g, has_request_context, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from markupsafe import Markup

from idp.settings import Settings
from idp.web.redirects import own_path, page_above, see_other

KOREAN, ENGLISH = "ko", "en"
LANGUAGES = {KOREAN: "한국어", ENGLISH: "English"}
"""What a reader may be shown, each by its own name. Korean stands in the sources themselves and needs no catalogue."""

CATALOGUES = Path(__file__).parent / "translations"
_CHOSEN, _ASKED = "idp_language", "idp_language_asked"
_A_YEAR = 365 * 24 * 3600
_LONGEST_QUERY = 2000
_HANGUL = range(ord("가"), ord("힣") + 1)


def install(app: Flask, settings: Settings) -> None:
    """Make `_()` work in code and templates, and give every page its language, the brand in it, and the switch."""
    Babel(
        app,
        default_locale=KOREAN,
        default_timezone="Asia/Seoul",
        default_translation_directories=str(CATALOGUES),
        locale_selector=language,
    )

    def switch(code: str) -> ResponseReturnValue:
        if code not in LANGUAGES:
            abort(404)
        response = see_other(own_path(request.args.get("to", "")))
        response.set_cookie(_CHOSEN, code, max_age=_A_YEAR, **_flags())
        response.delete_cookie(_ASKED, **_flags())
        return response

    def common() -> dict[str, Any]:
        spoken = language()
        return {"language": spoken, "brand": settings.brand.words(spoken)}

    app.context_processor(common)
    app.jinja_env.globals.update(languages=LANGUAGES, this_page=_this_page)
    app.jinja_env.filters["as_written"] = as_written
    app.add_url_rule("/language/<code>", "web.language", switch)


def language() -> str:
    """What the present page speaks."""
    if not has_request_context():
        return KOREAN
    for name in (_ASKED, _CHOSEN):
        wanted = request.cookies.get(name)
        if wanted in LANGUAGES:
            return wanted
    return request.accept_languages.best_match(LANGUAGES, KOREAN)


def speak_as_asked(response: Response, ui_locales: str | None) -> None:
    """Have the pages that follow `response` speak as the relying party asks; where it asks for nothing we have, as the
    reader would have it. OpenID Connect Core §3.1.2.1."""
    for tag in (ui_locales or "").split():
        wanted = tag.partition("-")[0].lower()
        if wanted in LANGUAGES:
            response.set_cookie(_ASKED, wanted, **_flags())
            return
    if _ASKED in request.cookies:
        response.delete_cookie(_ASKED, **_flags())


def as_written(text: str) -> str:
    """`text` that others wrote, in whatever language that was: Korean on an English page is marked as such, so that it
    is read out as Korean (KWCAG 2.2 §7.1.1, WCAG 2.2 §3.1.2)."""
    if language() == KOREAN or not any(ord(letter) in _HANGUL for letter in text):
        return text
    return Markup('<span lang="ko">{}</span>').format(text)


def _flags() -> dict[str, Any]:
    return {"path": "/", "secure": current_app.config["SESSION_COOKIE_SECURE"], "httponly": True, "samesite": "Lax"}


def _this_page() -> str:
    """Where the switch comes back to: this address, or the form that was posted to it."""
    if request.method != "GET":
        return quote(page_above(request.path))
    address = quote(request.path)
    if g.get("refused"):
        # A refusal repeats nothing of what it refused, least of all a protocol's message (IIP-IDP05).
        return address
    query = request.query_string.decode("latin-1")
    return f"{address}?{query}" if query and len(query) <= _LONGEST_QUERY else address
