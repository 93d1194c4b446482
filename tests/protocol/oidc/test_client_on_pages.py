"""What members see of a client when it asks for the first time."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

from idp.agencies.self_registration.policy import RegistrationPolicy
from tests.browsers import chromium, complaints, served
from tests.builders import PASSWORD, agency, party, register
from tests.hosting import Host, always, document, hosting
from tests.protocol.oidc.lab import Browser, Client, Provider, hidden, request_of
from tests.protocol.oidc.registrar import POLICY, Registrar, as_client, sent_back
from tests.unit.agencies.images import jpeg, png

PNG = document(png(), "image/png")


def consent_page(browser: Browser, client: Client) -> str:
    """The page on which a member, who signs in where they have not yet, is asked to agree."""
    response = browser.authorize(client, scope="openid email")
    for _step in range(6):
        if 'id="consent-title"' in response.text:
            return response.text
        form = re.search(r'<form[^>]*action="(/signin/[^"]+)"', response.text)
        if form is None:
            response = browser.client.get(response.headers["Location"])
        else:
            sent = {"login_id": "honggildong", "password": PASSWORD, **hidden(response)}
            response = browser.client.post(unescape(form[1]), data=sent)
    raise AssertionError("nobody is asked")


def logo_on(page: str) -> str:
    found = re.search(r'<p class="client-logo"><img src="([^"]+)"', page)
    assert found is not None, page
    return unescape(found[1])


def allow(registrar: Registrar, host: Host) -> None:
    hosts = [*POLICY.hosts, f"127.0.0.1:{host.port}"]
    registrar.token = registrar.new_token(RegistrationPolicy(**{**POLICY.document(), "hosts": hosts}))


class TestLinks:
    """OpenID Connect Dynamic Registration §2: `policy_uri`, `tos_uri`."""

    def test_show_policy_and_terms(self, registrar: Registrar) -> None:
        """oidcc-registration-policy-uri, oidcc-registration-tos-uri: in a page of their own, which learns nothing."""
        provider = Provider(registrar.house, registrar.app)
        told = registrar.registered(
            policy_uri="https://dynamic.example/policy?a=1&b=2", tos_uri="https://dynamic.example/terms"
        )
        page = consent_page(provider.browser(), as_client(told))
        for url in ("https://dynamic.example/policy?a=1&amp;b=2", "https://dynamic.example/terms"):
            assert f'href="{url}" target="_blank" rel="noopener noreferrer"' in page

    def test_are_not_there_where_none_is_registered(self, registrar: Registrar) -> None:
        """Nothing is shown of what nobody said."""
        page = consent_page(Provider(registrar.house, registrar.app).browser(), as_client(registrar.registered()))
        assert "client-logo" not in page
        assert "noreferrer" not in page


class TestLogo:
    """OpenID Connect Dynamic Registration §2: `logo_uri`."""

    def test_is_read_once_and_shown_from_our_own_address(self, registrar: Registrar) -> None:
        """oidcc-registration-logo-uri; REQ-91: no page of ours tells a client who looks at it."""
        with hosting(always(PNG)) as host:
            allow(registrar, host)
            told = registrar.registered(logo_uri=f"{host.url}/logo.png")
            page = consent_page(Provider(registrar.house, registrar.app).browser(), as_client(told))
            assert len(host.requests) == 1
        address = logo_on(page)
        assert address.startswith("/signin/logo/")
        image = registrar.client.get(address)
        assert (image.status_code, image.data, image.mimetype) == (200, png(), "image/png")
        assert image.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert image.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in image.headers["Cache-Control"]
        assert registrar.manage(told).get_json()["logo_uri"] == f"{host.url}/logo.png"

    def test_follows_the_registration(self, registrar: Registrar) -> None:
        """An address names one image; with the registration the image goes, too."""
        answers = [PNG, document(jpeg(), "image/jpeg")]
        with hosting(lambda _head, _host: iter([answers.pop(0)])) as host:
            allow(registrar, host)
            told = registrar.registered(logo_uri=f"{host.url}/logo")
            browser = Provider(registrar.house, registrar.app).browser()
            first = logo_on(consent_page(browser, as_client(told)))
            told = registrar.manage(told, "PUT", sent_back(told)).get_json()
        second = logo_on(consent_page(browser, as_client(told)))
        assert first != second
        assert registrar.client.get(first).status_code == 404
        assert registrar.client.get(second).mimetype == "image/jpeg"
        registrar.manage(told, "PUT", sent_back(told, logo_uri=None))
        assert registrar.client.get(second).status_code == 404

    def test_must_be_there_and_be_one_when_it_is_registered(self, registrar: Registrar) -> None:
        """Said to who registers it, and not shown broken to members."""
        for answer in (
            document(b"<svg/>", "image/svg+xml"),
            document(b"<svg/>", "image/png"),
            document(png() + b"\0" * 300_000, "image/png"),
            document(b"", status="404 Not Found"),
        ):
            with hosting(always(answer)) as host:
                allow(registrar, host)
                assert registrar.refusal(logo_uri=f"{host.url}/logo") == (400, "invalid_client_metadata")

    def test_is_read_for_a_file_when_what_the_file_says_of_it_changes(self, provider: Provider) -> None:
        """One reading of metadata: `idp agencies apply` reads it before it changes anything, and not a second time."""
        with hosting(always(PNG)) as host:
            whole = agency("logos", party("logos", logo_uri=f"{host.url}/logo.png", scope="openid email"))
            register(provider.house, whole)
            assert register(provider.house, whole) == []
            assert len(host.requests) == 1
        client = Client("logos", "logos", "https://logos.example/callback")
        assert provider.browser().client.get(logo_on(consent_page(provider.browser(), client))).data == png()
        whole["relying_party"][0]["client_name"] = "다른 이름"
        register(provider.house, whole)
        assert "client-logo" in consent_page(provider.browser(), client)


def test_is_a_page_for_everybody_that_asks_nobody_else(registrar: Registrar) -> None:
    """REQ-90, REQ-91: axe finds nothing where logo and links are shown, and no request leaves our own address."""
    with hosting(always(PNG)) as host:
        allow(registrar, host)
        told = registrar.registered(
            logo_uri=f"{host.url}/logo.png", policy_uri="https://dynamic.example/p", tos_uri="https://dynamic.example/t"
        )
    asked: list[str] = []
    with served(registrar.app) as port, chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        here = f"http://127.0.0.1:{port}"
        page.goto(f"{here}/oidc/authorize?{urlencode(request_of(as_client(told)))}")
        page.fill("[name=login_id]", "honggildong")
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#consent-title")
        assert page.evaluate("document.querySelector('.client-logo img').naturalWidth") > 0
        assert complaints(page) == []
    assert all(url.startswith(here) for url in asked), asked
