from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.web.headers import allow_form_targets, form_source


def test_sends_pages_with_a_policy_that_lets_nothing_in_from_elsewhere(client: FlaskClient) -> None:
    """CSP3: no source but ourselves, no inline code, no framing; REQ-91."""
    policy = client.get("/preview/home").headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )


def test_forbids_keeping_pages(client: FlaskClient) -> None:
    """RFC 9111 §5.2.2.5: pages hold personal data and form tokens."""
    headers = client.get("/preview/profile").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_sends_what_machines_read_without_a_page_policy(client: FlaskClient) -> None:
    """Only what fits: a token response sets its own Cache-Control and needs no CSP."""
    headers = client.get("/machine").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" not in headers
    assert "Cache-Control" not in headers


def test_demands_tls_for_the_future_only_where_there_is_tls(client: FlaskClient, secure_client: FlaskClient) -> None:
    """RFC 6797 §7.2: not over plain http."""
    assert "Strict-Transport-Security" not in client.get("/preview/home").headers
    assert secure_client.get("/preview/home").headers["Strict-Transport-Security"].startswith("max-age=")


def test_names_form_targets_for_one_response_only(app: Flask) -> None:
    """CSP3 §6.4.1: the page with the form names where its redirects end, no other page does."""

    def page() -> str:
        allow_form_targets(
            "https://rp.example.test/cb?a=b", "http://127.0.0.1:8101/cb", "https://rp.example.test/other"
        )
        return "<p>form</p>"

    app.add_url_rule("/form", "form", page)
    client = app.test_client()
    policy = client.get("/form").headers["Content-Security-Policy"]
    assert policy.endswith("form-action 'self' https://rp.example.test http://127.0.0.1:8101")
    assert client.get("/preview/home").headers["Content-Security-Policy"].endswith("form-action 'self'")


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://rp.example.test/cb", "https://rp.example.test"),
        ("https://RP.example.test:8443/cb#x", "https://rp.example.test:8443"),
        ("https://기관.example/cb", "https://xn--zb0bnw.example"),
        ("http://[::1]:8101/cb", "http:"),
        ("com.example.app:/cb", "com.example.app:"),
    ],
)
def test_covers_a_target_by_its_origin(url: str, source: str) -> None:
    """CSP3 §2.3.1 source expressions."""
    assert form_source(url) == source


@pytest.mark.parametrize(
    "url",
    [
        "https://rp.example.test; script-src *",
        "https://rp.example.test,evil.test",
        "https://a b/",
        "https://*/",
        "//rp.example.test",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://rp.example.test:99999/",
        "https://[broken/",
        "https:///nohost",
        "",
    ],
)
def test_lets_no_target_rewrite_the_policy(url: str) -> None:
    """A registration with odd characters must not widen what a page may load."""
    assert form_source(url) is None
