"""The transmitter's public documents, as a receiver reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import KeySet

from idp.app import create_app
from idp.clock import SystemClock
from idp.crypto.keyring import Keyring, create_key, ensure_keys
from idp.house import House
from idp.randomness import SystemRandomness
from idp.signals.published_schema import link_changed_schema
from idp.transmitter.routes.documents import ssf

_ISSUER = "https://idp.example"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """Keys of a first start."""
    ensure_keys(tmp_path, clock=SystemClock(), randomness=SystemRandomness())
    return Keyring(tmp_path, SystemClock())


def _client(keyring: Keyring, issuer: str = _ISSUER) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(ssf(issuer, lambda: keyring.jwks("events")))
    return app.test_client()


def test_describes_itself_and_promises_nothing_more(keyring: Keyring):
    """SSF 1.0 §7.1: issuer byte for byte, no empty list, no endpoint that is not there."""
    response = _client(keyring).get("/.well-known/ssf-configuration")
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert json.loads(response.data) == {
        "spec_version": "1_0",
        "issuer": _ISSUER,
        "jwks_uri": f"{_ISSUER}/ssf/jwks",
        "delivery_methods_supported": ["urn:ietf:rfc:8935", "urn:ietf:rfc:8936"],
        "configuration_endpoint": f"{_ISSUER}/ssf/streams",
        "status_endpoint": f"{_ISSUER}/ssf/status",
        "add_subject_endpoint": f"{_ISSUER}/ssf/subjects/add",
        "remove_subject_endpoint": f"{_ISSUER}/ssf/subjects/remove",
        "verification_endpoint": f"{_ISSUER}/ssf/verify",
        "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6749"}],
        "default_subjects": "ALL",
    }


def test_puts_the_issuers_path_behind_the_well_known_one(keyring: Keyring):
    """SSF 1.0 §7.2: path insertion."""
    client = _client(keyring, "https://idp.example/tenant")
    assert client.get("/.well-known/ssf-configuration/tenant").get_json()["issuer"] == "https://idp.example/tenant"
    assert client.get("/.well-known/ssf-configuration").status_code == 404


def test_publishes_the_event_keys_and_no_private_half(keyring: Keyring):
    """RFC 7517 §9.2; a second JOSE library reads the set."""
    response = _client(keyring).get("/ssf/jwks")
    published = KeySet.import_key_set(json.loads(response.data))
    assert {key.kid for key in published.keys} == {key.kid for key in keyring.published("events")}
    assert not any(key.is_private for key in published.keys)
    assert not {key.kid for key in published.keys} & {key.kid for key in keyring.published("oidc")}


def test_lets_caches_keep_both_for_an_hour(keyring: Keyring):
    """A key is published 24 h before it signs (account events §3.5)."""
    for path in ("/.well-known/ssf-configuration", "/ssf/jwks"):
        assert _client(keyring).get(path).headers["Cache-Control"] == "public, max-age=3600"


def test_publishes_a_new_key_without_a_restart(keyring: Keyring, tmp_path: Path):
    """Architecture §11.9."""
    quick = Keyring(tmp_path, SystemClock(), recheck=SystemClock().now() - SystemClock().now())
    client = _client(quick)
    before = client.get("/ssf/jwks").get_json()["keys"]
    create_key(tmp_path, "events", "ES256", clock=SystemClock(), randomness=SystemRandomness())
    assert len(client.get("/ssf/jwks").get_json()["keys"]) == len(before) + 1


@pytest.mark.parametrize("path", ["/.well-known/ssf-configuration", "/ssf/jwks"])
def test_answers_only_reading(keyring: Keyring, path: str):
    """RFC 9110 §15.5.6."""
    assert _client(keyring).post(path).status_code == 405
    assert _client(keyring).head(path).status_code == 200


URI_PATH = "/secevent/link/event-type/account-link-changed"


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        (URI_PATH, "application/schema+json", "application/schema+json"),
        (URI_PATH, "application/json", "application/json"),
        (URI_PATH, "application/json;q=0.9, text/html;q=0.1", "application/json"),
        (f"{URI_PATH}.json", "text/html", "application/schema+json"),
    ],
)
def test_publishes_the_schema_of_our_own_event_type(house: House, path: str, accept: str, kind: str):
    """Account events §1.9: at its own URI, by content negotiation (RFC 9110 §12.5.1)."""
    response = create_app(house.settings, instead=house).test_client().get(path, headers={"Accept": accept})
    assert (response.status_code, response.content_type) == (200, kind)
    assert json.loads(response.data) == link_changed_schema(house.settings.events.schema_base)


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*", "image/png"])
def test_shows_a_page_of_it_to_people(house: House, accept: str):
    """Account events §1.9: a page at the URI."""
    response = create_app(house.settings, instead=house).test_client().get(URI_PATH, headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert "Accept" in response.vary
    schema = link_changed_schema(house.settings.events.schema_base)
    assert all(f"<code>{name}</code>" in response.text for name in schema["properties"])
    assert f'href="{URI_PATH}.json"' in response.text
