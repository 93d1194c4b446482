"""Words in the reader's language: Korean is what the sources are written in, catalogues lie in `translations/`."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_babel import Babel

LANGUAGES = ("ko",)
"""What a reader may be shown. Korean stands in the sources themselves and needs no catalogue."""


def install(app: Flask) -> None:
    """Make `_()` work in code and templates."""
    Babel(
        app,
        default_locale="ko",
        default_timezone="Asia/Seoul",
        default_translation_directories=str(Path(__file__).parent / "translations"),
        locale_selector=_language,
    )


def _language() -> str:
    return LANGUAGES[0]
