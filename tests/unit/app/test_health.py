"""Whether we live and can serve: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.app import create_app
from idp.errors import ConfigurationError, StoreUnavailable
from idp.house import House
from idp.settings import Settings
from idp.storage.database import Database
from idp.storage.expiring import ExpiringStore
from tests.builders import NAME, PASSWORD, a_house
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import KAMP, Browser, Provider


def test_lives_and_serves(provider: Provider) -> None:
    """The operator's contract; to be asked often, so kept nowhere."""
    client = provider.app.test_client()
    for path in ("/healthz", "/readyz"):
        answered = client.get(path)
        assert (answered.status_code, answered.text) == (200, "ok\n")


@pytest.mark.parametrize("away", ["database", "store", "keys"])
def test_says_that_it_cannot_serve(provider: Provider, monkeypatch: pytest.MonkeyPatch, away: str) -> None:
    """A balancer takes it out and puts it back; that it lives stays true, or it would be killed for nothing."""

    def fails(*_arguments: object, **_named: object) -> None:
        raise ConfigurationError if away == "keys" else StoreUnavailable

    target = {
        "database": "idp.storage.database.Database.reading",
        "store": "idp.storage.expiring.database_store.DatabaseExpiringStore.ping",
        "keys": "idp.crypto.keyring.Keyring.signing_key",
    }[away]
    monkeypatch.setattr(target, fails)
    client = provider.app.test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_counts_without_naming_anybody(provider: Provider, browser: Browser) -> None:
    """Architecture §11: metrics hold no member."""
    browser.code(KAMP)
    answered = provider.app.test_client().get("/metrics")
    assert answered.status_code == 200
    assert "python_info" in answered.text
    for secret in (NAME, PASSWORD, "honggildong"):
        assert secret not in answered.text


def test_answers_in_kind_when_the_database_is_away(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines read JSON and Retry-After, people a page with a reference; nobody a trace."""
    client = provider.app.test_client()
    provider.house.catalogue.snapshot()

    def away(*_arguments: object) -> None:
        raise StoreUnavailable("database: gone")

    for name in ("reading", "transaction"):
        monkeypatch.setattr(f"idp.storage.database.Database.{name}", away)
    token = provider.redeem(KAMP, "x")
    assert (token.status_code, token.get_json()) == (503, {"error": "temporarily_unavailable"})
    assert token.headers["Retry-After"]
    assert provider.userinfo("A" * 64).status_code == 503
    client.set_cookie("idp_session", "A" * 43)
    page = client.get("/account/")
    assert (page.status_code, page.mimetype) == (503, "text/html")
    assert page.headers["Retry-After"]
    assert "gone" not in page.text + token.text


def test_marks_its_cookies_for_tls(database: Database, keys_dir: Path, frozen_clock: FrozenClock) -> None:
    """RFC 6265bis §4.1.3.2: behind https every cookie of ours is `__Host-` and Secure."""
    url = database.engine.url.render_as_string(hide_password=False)
    house = a_house(url, keys_dir, frozen_clock, issuer="https://id.example")
    answered = create_app(house.settings, instead=house).test_client().get("/account/", base_url="https://id.example")
    cookies = answered.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie
    house.close()


def test_believes_as_many_proxies_as_it_is_told(database: Database, keys_dir: Path, frozen_clock: FrozenClock) -> None:
    """Settings, trusted_proxies: with none, `X-Forwarded-For` is the word of a stranger."""
    url = database.engine.url.render_as_string(hide_password=False)
    for proxies, seen in ((0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.7")):
        house = a_house(url, keys_dir, frozen_clock, trusted_proxies=proxies)
        app = create_app(house.settings, instead=house)
        found: list[str | None] = []
        app.add_url_rule("/who", "who", lambda found=found: _remote(found))
        app.test_client().get("/who", headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.7, 203.0.113.9"})
        assert found == [seen]
        house.close()


def _remote(found: list[str | None]) -> str:
    from flask import request  # noqa: PLC0415  # inside a request only

    found.append(request.remote_addr)
    return ""


def test_builds_itself_from_settings_alone(tmp_path: Path, any_expiring_store: ExpiringStore) -> None:
    """Architecture §3: create_app is the only wiring; keys are made on first start."""
    settings = Settings(database_url=f"sqlite:///{tmp_path}/idp.db", keys_dir=tmp_path / "keys")
    assert create_app(settings).test_client().get("/healthz").status_code == 200
    assert any_expiring_store is not None
    assert (tmp_path / "keys").is_dir()


def test_shows_no_secret_when_it_is_printed(house: House) -> None:
    """Architecture §11: what a traceback or a debugger prints of the house."""
    assert repr(house.secret_key) not in repr(house)
    assert house.secret_key.hex() not in repr(house)
