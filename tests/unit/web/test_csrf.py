from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def token(client: FlaskClient, page: str = "consent") -> str:
    found = TOKEN.search(client.get(f"/preview/{page}").text)
    assert found is not None
    return found[1]


def test_lets_a_form_of_ours_through(client: FlaskClient) -> None:
    """The token of this browser's page, within its time."""
    assert client.post("/preview/consent", data={"csrf_token": token(client)}).status_code == 200


@pytest.mark.parametrize("posted", ["", "x", "a.b.c", "ㅎ" * 40, "\x00", "." * 5000])
def test_answers_a_forged_token_with_a_page(client: FlaskClient, posted: str) -> None:
    """OWASP CSRF Prevention: refuse, and say what to do next."""
    client.get("/preview/consent")
    answer = client.post("/preview/consent", data={"csrf_token": posted})
    assert answer.status_code == 400
    assert "페이지가 만료되었습니다" in answer.text


def test_refuses_a_token_of_another_browser(app: Flask) -> None:
    """Login CSRF: an attacker's own token must not work in a victim's browser."""
    victim = app.test_client()
    token(victim)
    assert victim.post("/preview/consent", data={"csrf_token": token(app.test_client())}).status_code == 400


def test_refuses_a_token_that_is_too_old(app: Flask, client: FlaskClient) -> None:
    """The limit counts from when the page was made."""
    old = token(client)
    app.config["WTF_CSRF_TIME_LIMIT"] = -1
    assert client.post("/preview/consent", data={"csrf_token": old}).status_code == 400


def test_offers_the_page_the_stale_form_came_from(app: Flask) -> None:
    """A refusal says what to do next: open the nearest page above the address that was posted to."""
    app.add_url_rule("/signin/<request_id>", "show", lambda **_: "", methods=["GET"])
    app.add_url_rule("/signin/<request_id>/password", "check", lambda **_: "", methods=["POST"])
    answer = app.test_client().post("/signin/abc/password")
    assert answer.status_code == 400
    assert 'href="/signin/abc"' in answer.text


@pytest.mark.parametrize("cookie", ["garbage", "a.b.c", "ㅎㅎ", "x" * 4000, "eyJjc3JmX3Rva2VuIjpudWxsfQ.aaaaaa.bbbb"])
def test_takes_a_forged_cookie_for_none(client: FlaskClient, cookie: str) -> None:
    """A broken cookie is a browser without one, never a failure of ours."""
    client.set_cookie("idp_form", cookie)
    assert client.get("/preview/consent").status_code == 200
    client.set_cookie("idp_form", cookie)
    assert client.post("/preview/consent", data={"csrf_token": "x"}).status_code == 400


def test_leaves_exempted_blueprints_alone(client: FlaskClient) -> None:
    """Machine endpoints bring credentials of their own."""
    assert client.post("/machine", data={"a": "1"}).json == {"got": "1"}


def test_hides_the_cookie_from_scripts_and_other_sites(client: FlaskClient, secure_client: FlaskClient) -> None:
    """RFC 6265bis §4.1.3.2 `__Host-` wherever there is TLS."""
    plain = client.get("/preview/consent").headers["Set-Cookie"]
    assert plain.startswith("idp_form=")
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    secure = secure_client.get("/preview/consent", base_url="https://id.example.test").headers["Set-Cookie"]
    assert secure.startswith("__Host-idp_form=")
    assert "Secure" in secure
    assert "Path=/" in secure
    assert "Domain" not in secure
