"""Words that others wrote, in a registration or about themselves, on every page that shows them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from idp.app import create_app
from idp.house import House
from tests.builders import PASSWORD, a_person, agency, link, party, register
from tests.protocol.oidc.lab import CHALLENGE, Provider, csrf, hidden

HOSTILE = (
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "{{7*7}}{%print(7*7)%}",
    "%(name)s%s%n",
    "</title><base href=//evil.example>",
)


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_stay_words(house: House, words: str) -> None:
    """CWE-79, CWE-1336, CWE-134: agency, relying party and member may be called anything; on a page it is text."""
    client_uri, callback = "https://hostile.example/", "https://hostile.example/callback"
    shown = {"client_name": words, "client_uri": client_uri, "scope": "openid profile email"}
    fields = {"description": words, "business_types": [words], "homepage": client_uri}
    register(house, agency("hostile", party("hostile", **shown), **fields) | {"name": words})
    member = a_person(house, name=words)
    browser = Provider(house, create_app(house.settings, instead=house)).browser()
    asked = {
        "response_type": "code",
        "client_id": "hostile",
        "redirect_uri": callback,
        "scope": "openid profile",
        "login_hint": words,
        "state": words,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    address = browser.client.get("/oidc/authorize", query_string=asked).headers["Location"]
    pages = [browser.client.get(address), browser.client.get(f"{address}?type={words}")]
    sent = {"login_id": words, "password": words, "csrf_token": csrf(pages[0])}
    pages.append(browser.client.post(f"{address}/password", data=sent))
    sent = {"login_id": "honggildong", "password": PASSWORD, "csrf_token": csrf(pages[0])}
    assert browser.client.post(f"{address}/password", data=sent).status_code == 303
    pages.append(browser.client.get(address))
    assert "shown_to" in hidden(pages[-1])
    link(house, member, "hostile", "openid", "profile")
    own = ["", "account/", "account/profile", "account/agencies", "account/agencies/hostile/unlink", "account/consents"]
    own += ["account/history", "account/withdraw", "oidc/logout", f"nowhere/{words}"]
    pages += [browser.client.get(f"/{each}", follow_redirects=True) for each in own]
    pages.append(browser.client.get("/account/agencies", query_string={"q": words, "agency": words}))
    pages.append(browser.client.get("/oidc/authorize", query_string={**asked, "redirect_uri": words}))
    for page in pages:
        assert page.status_code < 500
        assert page.mimetype == "text/html"
        elements = Elements(page.text)
        assert elements.dangerous == []
        assert "{{7*7}}" not in words or "49" not in elements.text


class Elements(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.dangerous: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in {"base", "iframe", "object", "style"} or (tag == "script" and "src" not in named):
            self.dangerous.append(tag)
        self.dangerous += [name for name in named if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action", "formaction"):
            if re.match(r"\s*(javascript|data|vbscript):", named.get(name) or "", re.IGNORECASE):
                self.dangerous.append(f"{name}={named[name]}")

    def handle_data(self, data: str) -> None:
        self.text += data
