from __future__ import annotations

import pytest
from sqlalchemy import select

from idp.mail.models import outgoing_messages
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider

ASKED = "idp_language_asked"


def language_of_login_page(browser: Browser, ui_locales: str | None, accepted: str = "ko") -> str:
    """What the page speaks that a request of voucher's ends at."""
    sent = browser.authorize(VOUCHER, ui_locales=ui_locales)
    page = browser.client.get(sent.headers["Location"], headers={"Accept-Language": accepted})
    assert f'<html lang="{page.headers["Content-Language"]}">' in page.text
    return str(page.headers["Content-Language"])


def test_says_which_languages_there_are(provider: Provider) -> None:
    """OpenID Connect Discovery §3."""
    document = provider.app.test_client().get("/.well-known/openid-configuration").get_json()
    assert document["ui_locales_supported"] == ["ko", "en"]


@pytest.mark.parametrize(
    ("ui_locales", "accepted", "spoken"),
    [
        ("en", "ko", "en"),
        ("en-US ko", "ko", "en"),
        ("fr-CA fr EN", "ko", "en"),
        ("ko-KR en", "en", "ko"),
        ("se", "en", "en"),
        ("se", "ko", "ko"),
        (None, "en", "en"),
        ("<script> ../en", "ko", "ko"),
    ],
)
def test_speaks_as_the_relying_party_asks(browser: Browser, ui_locales: str | None, accepted: str, spoken: str) -> None:
    """OpenID Connect Core §3.1.2.1: in its order of preference; what we have not is no error."""
    assert language_of_login_page(browser, ui_locales, accepted) == spoken


def test_reader_has_the_last_word(browser: Browser) -> None:
    """The switch on the page outweighs who sent the reader there; the next request is a question of its own."""
    assert language_of_login_page(browser, "en") == "en"
    browser.client.get("/language/ko")
    assert browser.client.get("/").headers["Content-Language"] == "ko"
    assert language_of_login_page(browser, "en") == "en"


def test_forgets_what_another_relying_party_asked_for(browser: Browser) -> None:
    """What one asked for was for its own sign-in."""
    assert language_of_login_page(browser, "en") == "en"
    assert language_of_login_page(browser, None) == "ko"
    assert browser.client.get_cookie(ASKED) is None


def test_costs_nothing_where_no_page_is_shown(browser: Browser) -> None:
    """An answer that needs no page sets no cookie for one."""
    browser.code(KAMP)
    silent = browser.authorize(KAMP, ui_locales="en")
    assert "code=" in silent.headers["Location"]
    assert "Set-Cookie" not in silent.headers


def test_signs_out_in_the_language_asked_for(browser: Browser) -> None:
    """OpenID Connect RP-Initiated Logout §2: `ui_locales`."""
    browser.code(KAMP)
    confirmation = browser.client.get("/oidc/logout?ui_locales=en")
    assert "Sign out everywhere?" in browser.client.get(confirmation.headers["Location"]).text


def test_refuses_in_the_readers_language(browser: Browser) -> None:
    """RFC 6749 §4.1.2.1: shown here, so it is read here."""
    refused = browser.client.get("/oidc/authorize?client_id=nobody", headers={"Accept-Language": "en"})
    assert "This request comes from a service that is not registered." in refused.text


def test_writes_letters_in_the_language_of_whom_they_are_about(provider: Provider, browser: Browser) -> None:
    """Issue 3: both languages; who reads the page reads the letter."""
    for _guess in range(provider.house.settings.sign_in.attempts_per_account):
        browser.pages(browser.authorize(VOUCHER, ui_locales="en"), password="Wrong!2026")
    with provider.house.database.reading() as connection:
        letters = connection.execute(select(outgoing_messages.c.letter, outgoing_messages.c.language)).all()
    assert {tuple(each) for each in letters} == {("account_locked", "en")}
