"""What the forms of our pages are made of: fields that hand on only text a store can hold."""

from __future__ import annotations

import unicodedata

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Form, PasswordField, StringField, ValidationError

SECRET_LIMIT = 256
"""Longest password we look at. Hashing does not care, but nobody should make us read a megabyte of it."""
_PIECES = 4


class PageForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """A form of a page: CSRF token included, posted values bound on submission."""


class OneLine(StringField):  # type: ignore[misc]
    """A line of text: composed (NFC, as Korean input methods differ), stripped, bounded, free of control characters.

    PostgreSQL refuses NUL in text, so a forged one would otherwise come back as a failure of ours.
    """

    def __init__(self, label: object = None, *, limit: int = 100, **rest: object) -> None:
        super().__init__(label, **rest)
        self.limit = limit

    def process_formdata(self, valuelist: list[str]) -> None:
        # Cut first: combining marks are ordered in time by the square of their number. No letter is of more than four.
        typed = valuelist[0][: _PIECES * self.limit + 1] if valuelist else ""
        self.data = unicodedata.normalize("NFC", typed).strip()

    def pre_validate(self, _form: Form) -> None:
        text = self.data or ""
        if len(text) > self.limit:
            raise ValidationError(_l("입력한 내용이 너무 깁니다."))
        if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
            raise ValidationError(_l("사용할 수 없는 문자가 들어 있습니다."))


class Secret(PasswordField):  # type: ignore[misc]
    """A password, taken as typed and never written back into a page."""

    def pre_validate(self, _form: Form) -> None:
        if len(self.data or "") > SECRET_LIMIT:
            raise ValidationError(_l("입력한 내용이 너무 깁니다."))
