"""Levels that service providers ask for by RequestedAuthnContext (issue 4). Core §3.3.2.2.1."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pyotp
import pytest
from werkzeug.test import TestResponse

from idp.credentials.one_time_codes import OneTimeCodes
from idp.members import store as members
from tests.protocol.oidc.lab import hidden
from tests.protocol.saml.lab import Answered, Browser, Provider, read_form

ONE, TWO, THREE = (f"urn:onepass:acr:{level}" for level in (1, 2, 3))
PPT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def context(comparison: str, *classes: str) -> str:
    named = "".join(f"<saml:AuthnContextClassRef>{each}</saml:AuthnContextClassRef>" for each in classes)
    return f'<samlp:RequestedAuthnContext Comparison="{comparison}">{named}</samlp:RequestedAuthnContext>'


def stated(answered: Answered) -> str:
    name = "{urn:oasis:names:tc:SAML:2.0:assertion}AuthnContextClassRef"
    return str(next(answered.root.iter(name)).text)


@pytest.fixture
def with_app(idp: Provider, member: Browser) -> Browser:
    """Signed in by password and linked, with an app registered since."""
    house = idp.house
    with house.database.transaction() as connection:
        member_id = connection.exec_driver_sql("select member_id from links").scalar_one()
        row = members.find(connection, member_id)
        assert row is not None
        assert row.data_key is not None
        codes = OneTimeCodes(house.cipher, house.randomness)
        codes.register(connection, member_id, row.data_key, SECRET, 0, idp.now)
    return member


def ask(browser: Browser, identifier: str, content: str, **attributes: str) -> TestResponse:
    response = browser.ask_plainly(identifier, content=content, **attributes)
    return browser.client.get(response.headers["Location"]) if response.status_code == 303 else response


def post(browser: Browser, page: TestResponse, action: str, **fields: Any) -> Answered:
    form = re.search(rf'action="(/signin/[^"]+/{action})"', page.text)
    assert form is not None, page.text
    answer = browser.client.post(unescape(form[1]), data={**hidden(page), **fields})
    while answer.status_code == 303:
        answer = browser.client.get(answer.headers["Location"])
    return read_form(answer)


@pytest.mark.parametrize(
    ("comparison", "classes", "said"),
    [
        ("exact", (TWO,), TWO),
        ("exact", ("https://refeds.org/profile/mfa",), "https://refeds.org/profile/mfa"),
        ("minimum", (TWO,), TWO),
        ("better", (ONE,), TWO),
        ("maximum", (TWO,), TWO),
    ],
)
def test_asks_for_a_second_factor(
    idp: Provider, with_app: Browser, comparison: str, classes: tuple[str, ...], said: str
) -> None:
    """Core §3.3.2.2.1: exact, minimum, better, and the strongest below a maximum."""
    page = ask(with_app, "_second", context(comparison, *classes))
    answered = post(with_app, page, "code", code=pyotp.TOTP(SECRET).at(idp.now))
    assert answered.codes == ["Success"]
    assert stated(answered) == said


@pytest.mark.parametrize(("comparison", "named"), [("exact", TWO), ("minimum", TWO), ("better", PPT)])
def test_says_no_authn_context_where_the_member_passes(with_app: Browser, comparison: str, named: str) -> None:
    """Core §3.2.2.2 NoAuthnContext: the requested context was not met."""
    page = ask(with_app, "_second", context(comparison, named))
    assert post(with_app, page, "skip").codes == ["Responder", "NoAuthnContext"]


def test_is_content_with_less_than_a_maximum(with_app: Browser) -> None:
    """Core §3.3.2.2.1: as strong as possible without exceeding it."""
    page = ask(with_app, "_second", context("maximum", TWO))
    answered = post(with_app, page, "skip")
    assert (answered.codes, stated(answered)) == (["Success"], PPT)


def test_states_the_first_class_that_holds(with_app: Browser) -> None:
    """Core §3.3.2.2.1: an ordered list; what the member passed by is not claimed."""
    page = ask(with_app, "_second", context("exact", TWO, PPT))
    answered = post(with_app, page, "skip")
    assert (answered.codes, stated(answered)) == (["Success"], PPT)


@pytest.mark.parametrize("comparison", ["exact", "minimum"])
def test_says_no_authn_context_where_the_member_cannot(with_app: Browser, comparison: str) -> None:
    """Core §3.2.2.2: nobody verified this person, so no certificate can be of them; no page is shown for it."""
    assert read_form(ask(with_app, "_second", context(comparison, THREE))).codes == ["Responder", "NoAuthnContext"]


def test_shows_no_page_to_a_passive_request(with_app: Browser) -> None:
    """Core §3.4.1 IsPassive: what would need the member is NoPassive."""
    passive = ask(with_app, "_second", context("exact", TWO), IsPassive="true")
    assert read_form(passive).codes == ["Responder", "NoPassive"]
    plain = ask(with_app, "_third", context("exact", PPT), IsPassive="true")
    assert stated(read_form(plain)) == PPT
