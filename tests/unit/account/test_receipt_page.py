"""The receipt from outside: no account, no name, no search engine, no guessing."""

from __future__ import annotations

import re

from tests.builders import EMAIL, NAME, PASSWORD, PHONE
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider, hidden, is_a_page


def receipt_of(browser: Browser) -> str:
    """The address on the last page of a withdrawal."""
    for client in (VOUCHER, KAMP):
        browser.code(client)
    asked = hidden(browser.client.get("/account/withdraw"))
    done = browser.client.post("/account/withdraw", data={**asked, "password": PASSWORD, "understood": "y"})
    found = re.search(r'href="(/receipts/[\w-]{43})"', done.text)
    assert found is not None
    return found[1]


def test_shows_each_agency_to_whoever_has_the_link(provider: Provider, browser: Browser) -> None:
    """Account events §3.7; no personal data, and nothing for search engines to keep."""
    path = receipt_of(browser)
    shown = provider.app.test_client().get(path)
    assert shown.status_code == 200
    assert shown.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.text.count("통지 대기</span>") == 2
    for name in ("voucher 기관", "kamp 기관"):
        assert name in shown.text
    for trace in (NAME, "홍*동", EMAIL, PHONE, "honggildong"):
        assert trace not in shown.text


def test_says_the_same_of_what_is_not_there(provider: Provider) -> None:
    """Whether it is over or never was, nobody can tell."""
    client = provider.app.test_client()
    for path in ("/receipts/x", f"/receipts/{'a' * 43}", f"/receipts/{'a' * 4000}"):
        assert is_a_page(client.get(path), 404)


def test_lets_no_address_look_for_long(provider: Provider, browser: Browser) -> None:
    """256 bits are not guessed; still nobody may try at our cost."""
    path, client = receipt_of(browser), provider.app.test_client()
    limit = provider.house.settings.leaving.receipt_looks_per_address
    for _look in range(limit):
        assert client.get("/receipts/x").status_code == 404
    refused = client.get(path)
    assert is_a_page(refused, 429)
    assert int(refused.headers["Retry-After"]) > 0
    elsewhere = client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200
