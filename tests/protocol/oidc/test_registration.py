"""Clients that register themselves: RFC 7591, OpenID Connect Dynamic Registration 1.0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from idpyoidc.message.oidc import RegistrationResponse
from joserfc.jwk import ECKey
from oic.oic.message import RegistrationResponse as EarlierRegistrationResponse
from sqlalchemy import select

from idp.agencies.client_metadata import ClientMetadata
from idp.agencies.models import initial_access_tokens, relying_party_versions, self_registrations
from idp.agencies.self_registration import store
from idp.agencies.self_registration.policy import RegistrationPolicy
from idp.app import create_app
from idp.audit.models import audit_records
from idp.crypto.digests import secret_digest
from idp.house import House
from tests.builders import a_house
from tests.protocol.oidc.lab import Provider, heard
from tests.protocol.oidc.registrar import CALLBACK, METADATA, POLICY, Registrar, as_client

OPEN = {"enabled": True, "calls_per_minute": 10_000}
BAD_REDIRECT = (400, "invalid_redirect_uri")
BAD_METADATA = (400, "invalid_client_metadata")
BAD_REQUEST = (400, "invalid_request")
JWKS = {"keys": [ECKey.generate_key("P-256", {"kid": "1"}).as_dict(private=False)]}


class TestRegistering:
    """RFC 7591 §3."""

    def test_answers_with_everything_registered_and_how_to_come_back(self, registrar: Registrar) -> None:
        """RFC 7591 §3.2.1, RFC 7592 §3; oidcc-dynamic: 201, `client_secret_expires_at` 0, both of the two or none."""
        answer = registrar.post()
        told = answer.get_json()
        assert (answer.status_code, answer.mimetype) == (201, "application/json")
        assert answer.headers["Cache-Control"] == "no-store"
        assert told["registration_client_uri"].endswith(f"/oidc/register/{told['client_id']}")
        assert len(told["registration_access_token"]) == len(told["client_secret"]) == 43
        assert told["client_secret_expires_at"] == 0
        assert isinstance(told["client_id_issued_at"], int)
        assert (told["redirect_uris"], told["client_name"]) == ([CALLBACK], METADATA["client_name"])
        assert told["response_types"] == ["code"]
        assert told["grant_types"] == ["authorization_code"]
        assert told["token_endpoint_auth_method"] == "client_secret_basic"
        assert told["id_token_signed_response_alg"] == "RS256"
        assert told["subject_type"] == "pairwise"
        assert told["scope"] == "openid profile email offline_access"
        assert "error" not in told

    @pytest.mark.parametrize("reader", [RegistrationResponse, EarlierRegistrationResponse])
    def test_is_read_by_strangers(self, registrar: Registrar, reader: Any) -> None:
        """RFC 7591 §3.2.1, RFC 7592 §3: as idpyoidc and pyoidc check it, when it is registered and when it is read."""
        told = registrar.post({**METADATA, "jwks": JWKS, "contacts": ["it@dynamic.example"]})
        for answer in (told, registrar.manage(told.get_json())):
            assert reader().from_json(answer.text).verify()

    def test_lets_the_client_sign_members_in_at_once(self, registrar: Registrar) -> None:
        """oidcc-server with dynamic registration: the next request may come in the same second."""
        provider = Provider(registrar.house, registrar.app)
        client = as_client(registrar.registered())
        tokens = provider.redeem(client, provider.browser().code(client, scope="openid email")).get_json()
        assert provider.userinfo(tokens["access_token"]).get_json()["email"]

    def test_lets_another_server_know_the_client_at_once(self, registrar: Registrar, keys_dir: Path) -> None:
        """Two servers behind one address: the request after the registration may go to the other."""
        house = registrar.house
        other = a_house(
            house.database.engine.url.render_as_string(hide_password=False), keys_dir, house.clock, registration=OPEN
        )
        try:
            other.catalogue.snapshot()
            told = registrar.registered()
            assert other.catalogue.client(told["client_id"]) is not None
        finally:
            other.close()

    def test_is_in_the_catalogue_of_the_tokens_agency_and_in_its_history(self, registrar: Registrar) -> None:
        """Architecture §6: versioned registrations, and who made them."""
        told = registrar.registered()
        party = registrar.house.catalogue.client(told["client_id"])
        assert party is not None
        assert party.agency.id == "voucher"
        with registrar.house.database.reading() as connection:
            token = store.token_by_digest(connection, secret_digest(registrar.token))
            query = select(relying_party_versions).where(relying_party_versions.c.relying_party_id == party.id)
            (version,) = connection.execute(query).all()
            records = connection.execute(select(audit_records.c.action, audit_records.c.actor)).all()
            kept = str([*connection.execute(select(self_registrations)).all(), version])
            kept += str(connection.execute(select(initial_access_tokens)).all())
        assert token is not None
        assert version.actor == f"initial-access-token:{token.id}"
        assert ("client.registered", version.actor) in [tuple(each) for each in records]
        for secret in (registrar.token, told["client_secret"], told["registration_access_token"]):
            assert secret not in kept

    def test_goes_by_the_agencys_name_where_the_client_has_none(self, registrar: Registrar) -> None:
        """RFC 7591 §2: members must not read what nobody chose."""
        assert registrar.registered(client_name=None)["client_name"] == "voucher 기관"

    def test_ignores_what_it_does_not_know(self, registrar: Registrar) -> None:
        """RFC 7591 §2: unknown metadata is ignored, a `client_id` of the client's choice too."""
        unknown = {"colour": "red", "client_name#en": "Mine"}
        told = registrar.registered(client_id="mine", client_secret="x" * 40, **unknown)
        assert "colour" not in told
        assert told["client_id"] != "mine"
        assert told["client_secret"] != "x" * 40

    def test_keeps_keys_without_what_it_does_not_know_of_them(self, registrar: Registrar) -> None:
        """RFC 8725 §3.10: a key that names another place to take it from is not asked there."""
        keys = {"keys": [{**JWKS["keys"][0], "x5u": "https://elsewhere.example/", "more": {"deep": [1]}}]}
        told = registrar.registered(jwks=keys, token_endpoint_auth_method="private_key_jwt")
        assert "client_secret" not in told
        assert "client_secret_expires_at" not in told
        assert set(told["jwks"]["keys"][0]) == {"kty", "crv", "x", "y", "kid"}

    def test_gives_no_more_scopes_than_the_policy(self, registrar: Registrar) -> None:
        """RFC 7591 §3.2.1: what was asked beyond it is left out, and the client is told what it has."""
        assert registrar.registered(scope="openid phone email")["scope"] == "openid email"
        assert registrar.refusal(scope="email") == BAD_METADATA

    def test_is_not_there_unless_the_settings_want_it(self, house: House) -> None:
        """`registration.enabled`: off by default, and discovery says what there is (RFC 8414 §2)."""
        app = create_app(house.settings, instead=house)
        assert app.test_client().post("/oidc/register").status_code == 404
        assert "registration_endpoint" not in app.test_client().get("/.well-known/openid-configuration").get_json()

    def test_is_in_the_discovery_document(self, registrar: Registrar) -> None:
        """oidcc-dynamic discovery: `registration_endpoint`."""
        found = registrar.client.get("/.well-known/openid-configuration").get_json()
        assert found["registration_endpoint"] == f"{registrar.house.settings.issuer}/oidc/register"


class TestMetadata:
    """RFC 7591 §2, §3.2.2."""

    @pytest.mark.parametrize(
        "redirect_uris",
        [
            None,
            [],
            "https://dynamic.example/callback",
            [1],
            [None],
            ["https://dynamic.example/callback#fragment"],
            ["https://dynamic.example/callback#"],
            ["https://elsewhere.example/callback"],
            ["http://dynamic.example/callback"],
            ["javascript:alert(1)"],
            ["com.example.app:/callback"],
            ["//dynamic.example/callback"],
            ["https://*.example/callback"],
            ["https://dynamic.example/콜백"],
            ["https://user:secret@dynamic.example/callback"],
            [CALLBACK] * 51,
            {"0": CALLBACK},
        ],
    )
    def test_refuses_redirect_uris_that_it_would_not_use(self, registrar: Registrar, redirect_uris: Any) -> None:
        """oidcc-redirect-uri-regfrag; RFC 6749 §3.1.2, RFC 8252 §7.1 (docs/decisions)."""
        assert registrar.refusal(redirect_uris=redirect_uris) == BAD_REDIRECT

    @pytest.mark.parametrize(
        "metadata",
        [
            {"client_name": 7},
            {"client_name": "a\u202eb"},
            {"client_name": "x" * 257},
            {"client_name": "a\x00b"},
            {"contacts": "one@dynamic.example"},
            {"subject_type": "public"},
            {"id_token_signed_response_alg": "none"},
            {"id_token_signed_response_alg": ["RS256"]},
            {"request_object_signing_alg": "none"},
            {"userinfo_encrypted_response_alg": "RSA1_5", "jwks": JWKS},
            {"response_types": ["code", {}]},
            {"response_types": ["id_token"]},
            {"grant_types": ["password"]},
            {"require_auth_time": "true"},
            {"default_max_age": "1"},
            {"default_max_age": -1},
            {"default_max_age": 10**20},
            {"default_max_age": True},
            {"jwks": "x"},
            {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
            {"jwks": {"keys": [{**JWKS["keys"][0], "kid": "\ud800"}]}},
            {"jwks": JWKS, "jwks_uri": "https://dynamic.example/keys"},
            {"token_endpoint_auth_method": "private_key_jwt"},
            {"token_endpoint_auth_method": "tls_client_auth"},
            {"initiate_login_uri": "http://dynamic.example/login"},
            {"backchannel_logout_uri": "https://dynamic.example/#x"},
            {"scope": ["openid"]},
            {"profile": "fapi2_security"},
        ],
    )
    def test_refuses_what_it_cannot_do(self, registrar: Registrar, metadata: dict[str, Any]) -> None:
        """oidcc-3rd_party-init-login-nohttps among them: refused at registration, with its registered error."""
        assert registrar.refusal(**metadata) == BAD_METADATA

    def test_takes_no_software_statement(self, registrar: Registrar) -> None:
        """RFC 7591 §2.3, §3.2.2: nobody's statements are approved."""
        assert registrar.refusal(software_statement="eyJ.e30.x") == (400, "unapproved_software_statement")

    def test_echoes_where_a_sign_in_is_begun_by_others(self, registrar: Registrar) -> None:
        """oidcc-3rd_party-init-login: in the answer, and when it is read."""
        told = registrar.registered(initiate_login_uri="https://dynamic.example/login")
        assert told["initiate_login_uri"] == "https://dynamic.example/login"
        assert registrar.manage(told).get_json()["initiate_login_uri"] == "https://dynamic.example/login"

    def test_several_hosts_need_a_sector(self, registrar: Registrar) -> None:
        """OpenID Connect Core §8.1: hosts prove by a document that they belong together."""
        registrar.token = registrar.new_token(RegistrationPolicy(**{**POLICY.document(), "hosts": ["a.kr", "b.kr"]}))
        assert registrar.refusal(redirect_uris=["https://a.kr/", "https://b.kr/"]) == BAD_METADATA
        assert registrar.registered(redirect_uris=["https://a.kr/1", "https://a.kr/2"])


class TestBody:
    """Whatever is sent is answered in JSON, and never by 500."""

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"text"',
            b"\xff\xfe",
            b'{"redirect_uris": ["https://dynamic.example/a"], "redirect_uris": ["https://dynamic.example/b"]}',
            b'{"a":' * 20_000,
            b"[" * 60_000,
            b'{"default_max_age": NaN}',
            b'{"default_max_age": 1' + b"0" * 2000 + b"}",
            b'{"client_name": "' + b"x" * 70_000 + b'"}',
        ],
    )
    def test_refuses_what_has_no_one_meaning(self, registrar: Registrar, body: bytes) -> None:
        """RFC 7493 §2.3: two readers must not take one document for two."""
        answer = registrar.post(body)
        assert (answer.status_code, answer.get_json()["error"]) == BAD_REQUEST

    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/jose", ""])
    def test_takes_json_alone(self, registrar: Registrar, kind: str) -> None:
        """RFC 7591 §3.1: `application/json`."""
        answer = registrar.post(json.dumps(METADATA).encode(), **{"Content-Type": kind})
        assert (answer.status_code, answer.get_json()["error"]) == BAD_REQUEST

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
    def test_takes_post_alone(self, registrar: Registrar, method: str) -> None:
        """RFC 9110 §15.5.6."""
        answer = registrar.client.open("/oidc/register", method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert answer.mimetype == "application/json"


ANYTHING = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers()
    | strategies.floats(allow_nan=False, allow_infinity=False) | strategies.text()
    | strategies.sampled_from([CALLBACK, "code", "none", "RS256", "HS256", "\ud800", "\x00"]),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
NAMES = sorted({*ClientMetadata.model_fields, "software_statement", "client_id"})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strategies.dictionaries(strategies.sampled_from(NAMES), ANYTHING, min_size=1, max_size=4))
def test_answers_whatever_is_said(registrar: Registrar, metadata: dict[str, Any]) -> None:
    """Bad input: any value under any name is registered or refused by a registered error, and breaks nothing."""
    answer = registrar.post(json.dumps({**METADATA, **metadata}).encode())
    assert answer.status_code in {201, 400}, answer.text
    if answer.status_code == 400:
        assert answer.get_json()["error"] in {
            "invalid_redirect_uri",
            "invalid_client_metadata",
            "unapproved_software_statement",
        }


class TestRegisteredAddresses:
    """What was registered is what is compared with."""

    def test_keeps_the_query_of_a_redirect_uri(self, registrar: Registrar) -> None:
        """oidcc-redirect-uri-query-OK, -query-mismatch, -query-added: exact, query and all."""
        provider = Provider(registrar.house, registrar.app)
        told = registrar.registered(redirect_uris=[f"{CALLBACK}?foo=bar"])
        client = as_client(told, f"{CALLBACK}?foo=bar")
        browser = provider.browser()
        assert heard(browser.pages(browser.authorize(client)), client)["code"]
        for other in (CALLBACK, f"{CALLBACK}?foo=baz", f"{CALLBACK}?foo=bar&more=1"):
            answer = provider.browser().authorize(client, redirect_uri=other)
            assert answer.status_code == 400
            assert "Location" not in answer.headers

    def test_wants_the_redirect_uri_in_the_request(self, registrar: Registrar) -> None:
        """oidcc-ensure-redirect-uri-in-authorization-request: with two registered, none is guessed."""
        provider = Provider(registrar.house, registrar.app)
        client = as_client(registrar.registered(redirect_uris=[CALLBACK, f"{CALLBACK}/two"]))
        answer = provider.browser().authorize(client, redirect_uri=None)
        assert (answer.status_code, answer.mimetype) == (400, "text/html")
