from __future__ import annotations

import time
import unicodedata

import pytest
from flask import Flask
from wtforms import BooleanField

from idp.web import OneLine, PageForm, Secret
from idp.web.forms import SECRET_LIMIT


class Sample(PageForm):
    name = OneLine("이름", limit=20)
    password = Secret("비밀번호")
    agreed = BooleanField("동의")


def submitted(app: Flask, **posted: str) -> Sample:
    app.config["WTF_CSRF_ENABLED"] = False
    with app.test_request_context("/preview/login", method="POST", data=posted):
        form = Sample()
        form.validate_on_submit()
        return form


def test_hands_on_composed_and_stripped_text(app: Flask) -> None:
    """Unicode NFC: macOS input methods send Hangul in pieces."""
    form = submitted(app, name=f"  {unicodedata.normalize('NFD', '홍길동')} ")
    assert form.name.data == "홍길동"
    assert not form.errors


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\x7fb", "x" * 21])
def test_refuses_text_a_store_cannot_hold(app: Flask, text: str) -> None:
    """PostgreSQL refuses NUL; a line is a line."""
    assert submitted(app, name=text).errors.keys() == {"name"}


def test_composes_no_more_than_it_takes(app: Flask) -> None:
    """Putting combining marks in their order takes time by the square of their number: half a minute for what one
    request may hold (CWE-407)."""
    began = time.process_time()
    form = submitted(app, name="a" + "\u0301\u0323" * 10_000)
    assert time.process_time() - began < 0.3
    assert form.errors.keys() == {"name"}


def test_takes_a_line_of_its_full_length_in_pieces(app: Flask) -> None:
    """The bound is of what is meant, not of how it is sent: four signs for one letter at most."""
    assert submitted(app, name="\u03b1\u0313\u0300\u0345" * 20).name.data == "\u1f82" * 20


def test_takes_a_password_as_typed(app: Flask) -> None:
    """NIST SP 800-63B §3.1.1.2: spaces count."""
    assert submitted(app, password=" pass word ").password.data == " pass word "
    assert submitted(app, password="x" * (SECRET_LIMIT + 1)).errors.keys() == {"password"}


def test_never_writes_a_password_back(app: Flask) -> None:
    """A page in a browser's memory must not hold it."""
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post("/preview/login", data={"login_id": "honggildong", "password": "Onepass!2026"})
    assert 'value="honggildong"' in answer.text
    assert "Onepass!2026" not in answer.text
