"""What a client may say of itself, and what cannot be together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update

from idp.agencies.client_metadata import ClientMetadata
from idp.agencies.models import relying_parties, relying_party_versions
from idp.agencies.oidc_registration import ClientKeys, Encryption, OidcRegistration, TlsSubject
from idp.agencies.registration_secrets import ClientSecrets
from idp.errors import ConfigurationError
from idp.house import House
from tests.builders import agency, party, register

JWKS: dict[str, list[dict[str, Any]]] = {
    "keys": [
        {
            "kty": "EC",
            "crv": "P-256",
            "kid": "1",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        }
    ]
}
"""RFC 7517 appendix A.1."""
FAPI = {
    "profile": "fapi2_security",
    "token_endpoint_auth_method": "private_key_jwt",
    "jwks": JWKS,
    "dpop_bound_access_tokens": True,
}
SECRET = "a-secret-of-more-than-32-characters"
OLDER = "the-secret-that-was-good-before-this"


def metadata(**fields: Any) -> ClientMetadata:
    return ClientMetadata.model_validate({"redirect_uris": ["https://p.example/callback"], **fields})


def client(house: House, **fields: Any) -> OidcRegistration:
    register(house, agency("a", party("p", **fields)))
    found = house.catalogue.relying_party("p")
    assert found is not None
    assert found.oidc is not None
    return found.oidc


class TestWhatIsRefused:
    """RFC 7591 §2.1: a client does not register itself into a state that contradicts itself."""

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"response_types": ["id_token"]}, "implicit"),
            ({"response_types": ["code token"]}, "implicit"),
            ({"grant_types": ["authorization_code", "implicit"]}, "implicit"),
            ({"grant_types": ["implicit"], "response_types": ["code id_token"]}, "authorization_code"),
            ({"grant_types": ["implicit", "authorization_code"], "response_types": ["id_token"]}, "authorization_code"),
            ({"grant_types": ["implicit", "refresh_token"], "response_types": ["id_token"]}, "refresh_token"),
            ({"response_types": []}, "response_types"),
            ({"response_types": ["token"]}, "response_types"),
            ({"response_types": ["none"]}, "response_types"),
            (
                {"grant_types": ["implicit"], "response_types": ["id_token"], "redirect_uris": ["http://127.0.0.1/c"]},
                "https",
            ),
            (
                {"grant_types": ["implicit"], "response_types": ["id_token"], "redirect_uris": ["https://localhost/"]},
                "localhost",
            ),
        ],
    )
    def test_response_types_that_no_grant_answers(self, fields: dict[str, Any], said: str) -> None:
        """OpenID Connect Dynamic Registration §2: response types go with their grant types."""
        with pytest.raises(ValidationError, match=said):
            metadata(**fields)

    @pytest.mark.parametrize(
        "fields",
        [
            {"jwks": JWKS, "jwks_uri": "https://p.example/keys"},
            {"jwks": {"keys": []}},
            {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
            {"jwks": {"keys": [{**JWKS["keys"][0], "d": "private"}]}},
            {"jwks": {**JWKS, "more": []}},
            {"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}},
            {"jwks": {"keys": [{"kty": "RSA", "n": "A" * 170, "e": "AQAB"}]}},
            {"jwks": {"keys": [{**JWKS["keys"][0], "kid": "a\x00b"}]}},
            {"jwks": {"keys": [{**JWKS["keys"][0], "kid": {"deep": {}}}]}},
            {"token_endpoint_auth_method": "private_key_jwt"},
            {"token_endpoint_auth_method": "self_signed_tls_client_auth"},
            {"token_endpoint_auth_method": "tls_client_auth"},
            {
                "token_endpoint_auth_method": "tls_client_auth",
                "tls_client_auth_san_dns": "p.example",
                "tls_client_auth_san_uri": "https://p.example",
            },
            {"tls_client_auth_san_dns": "p.example"},
            {"token_endpoint_auth_signing_alg": "RS256"},
            {"token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "RS256"},
            {
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks": JWKS,
                "token_endpoint_auth_signing_alg": "HS256",
            },
            {
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks": JWKS,
                "token_endpoint_auth_signing_alg": "none",
            },
        ],
    )
    def test_ways_to_prove_itself_that_prove_nothing(self, fields: dict[str, Any]) -> None:
        """RFC 7591 §2, RFC 8705 §2.1.2, RFC 8725 §3.1."""
        with pytest.raises(ValidationError):
            metadata(**fields)

    @pytest.mark.parametrize(
        "fields",
        [
            {"grant_types": ["authorization_code", "client_credentials"]},
            {"require_pkce": False},
            {"rotate_refresh_tokens": False},
            {"introspection_signed_response_alg": "RS256"},
            {"profile": "fapi2_security"},
        ],
    )
    def test_what_only_a_client_with_credentials_may(self, fields: dict[str, Any]) -> None:
        """RFC 9700 §2.1.1, §4.14.2."""
        with pytest.raises(ValidationError, match="public client"):
            metadata(token_endpoint_auth_method="none", **fields)

    @pytest.mark.parametrize(
        "fields",
        [
            {"id_token_encrypted_response_enc": "A256GCM", "jwks": JWKS},
            {"userinfo_encrypted_response_alg": "RSA-OAEP-256"},
            {"userinfo_encrypted_response_alg": "RSA1_5", "jwks": JWKS},
            {"authorization_encrypted_response_alg": "dir", "jwks": JWKS},
            {"id_token_signed_response_alg": "none"},
            {"id_token_signed_response_alg": "HS256"},
            {"require_signed_request_object": True},
            {"request_object_signing_alg": "RS256"},
            {"request_object_signing_alg": "none", "jwks": JWKS},
            {"dpop_bound_access_tokens": True, "tls_client_certificate_bound_access_tokens": True},
            {"subject_type": "public"},
            {"application_type": "desktop"},
            {"contacts": ["a\nb"]},
        ],
    )
    def test_algorithms_without_keys_and_what_we_do_not_do(self, fields: dict[str, Any]) -> None:
        """RFC 7516, RFC 8725 §3.2: nothing symmetric, nothing unsigned, nothing of PKCS #1 v1.5."""
        with pytest.raises(ValidationError):
            metadata(**fields)

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"token_endpoint_auth_method": "client_secret_basic"}, "private_key_jwt"),
            ({"dpop_bound_access_tokens": False}, "dpop_bound_access_tokens"),
            ({"id_token_signed_response_alg": "RS256"}, "id_token_signed_response_alg"),
            ({"token_endpoint_auth_signing_alg": "RS256"}, "token_endpoint_auth_signing_alg"),
            ({"userinfo_signed_response_alg": "RS256"}, "userinfo_signed_response_alg"),
            (
                {"response_types": ["code id_token"], "grant_types": ["authorization_code", "implicit"]},
                "response_types",
            ),
            ({"authorization_signed_response_alg": "RS256"}, "authorization_signed_response_alg"),
            ({"profile": "fapi2_message_signing", "jwks": None}, "jwks"),
        ],
    )
    def test_what_the_profile_forbids(self, fields: dict[str, Any], said: str) -> None:
        """FAPI 2.0 Security Profile §5.3.2, §5.4: said at registration, not when the first member waits."""
        metadata(**FAPI)
        with pytest.raises(ValidationError, match=said):
            metadata(**{**FAPI, **fields})


class TestWhatIsKept:
    """From a file to the frozen value and back."""

    def test_every_name_reaches_the_client(self, any_house: House) -> None:
        """OpenID Connect Dynamic Registration §2: names as they are registered, nouns as we use them."""
        found = client(
            any_house,
            token_endpoint_auth_method="tls_client_auth",
            tls_client_auth_san_dns="p.example",
            jwks_uri="https://p.example/keys",
            response_types=["token code id_token", "code"],
            grant_types=["authorization_code", "implicit"],
            id_token_encrypted_response_alg="ECDH-ES",
            userinfo_encrypted_response_alg="RSA-OAEP-256",
            userinfo_encrypted_response_enc="A256GCM",
            request_uris=["https://p.example/request.jwt#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"],
            frontchannel_logout_uri="https://p.example/out?keep=1",
            access_token_format="jwt",
        )
        assert found.tls_client_auth == TlsSubject("san_dns", "p.example")
        assert found.keys.jwks_uri is not None
        assert found.keys
        assert found.keys.jwks is None
        assert found.response_types == {"code id_token token", "code"}
        assert found.id_token_encryption == Encryption("ECDH-ES", "A128CBC-HS256")
        assert found.userinfo_encryption == Encryption("RSA-OAEP-256", "A256GCM")
        assert found.request_uris[0].endswith("HAdM")
        assert found.frontchannel_logout_uri is not None
        assert (found.access_token_format, found.secret_digests) == ("jwt", ())

    def test_what_an_earlier_release_kept_means_the_defaults_and_is_no_change(self, any_house: House) -> None:
        """Expand and contract: rows of before lack the names; an upgrade rewrites nothing and shows no diff."""
        whole = agency("a", party("p"))
        register(any_house, whole)
        known_then = {
            "client_id", "client_name", "client_uri", "redirect_uris", "post_logout_redirect_uris", "scope",
            "token_endpoint_auth_method", "grant_types", "response_types", "id_token_signed_response_alg",
            "initiate_login_uri", "backchannel_logout_uri", "backchannel_logout_session_required", "default_max_age",
            "require_auth_time", "default_acr_values", "subject_type", "conversion", "secret_digests", "events",
            "machine_client",
        }  # fmt: skip
        with any_house.database.transaction() as connection:
            kept = connection.execute(select(relying_parties.c.registration)).scalar_one()
            then = {name: value for name, value in kept.items() if name in known_then}
            connection.execute(update(relying_parties).values(registration=then))
        assert register(any_house, whole) == []
        found = client(any_house)
        assert found.keys == ClientKeys()
        assert not found.keys
        assert (found.profile, found.require_pkce, found.rotate_refresh_tokens) == (None, True, True)
        assert found.response_types == {"code"}

    def test_two_secrets_are_good_while_the_client_changes_between_them(self, any_house: House) -> None:
        """Rotation: the client changes when it likes, and nobody is locked out meanwhile."""
        assert len(client(any_house, client_secret=OLDER).secret_digests) == 1
        both = client(any_house, client_secret=SECRET, previous_client_secret=OLDER)
        assert len(set(both.secret_digests)) == 2
        assert both.sealed_secret is None
        with pytest.raises(ConfigurationError, match="previous_client_secret"):
            client(any_house, previous_client_secret=OLDER)

    def test_only_a_client_that_signs_with_its_secret_has_it_kept_sealed(self, any_house: House) -> None:
        """OpenID Connect Core §9: client_secret_jwt; every other secret is a digest."""
        method = {"token_endpoint_auth_method": "client_secret_jwt"}
        found = client(any_house, client_secret=SECRET, previous_client_secret=OLDER, **method)
        assert found.sealed_secret is not None
        assert ClientSecrets(any_house.cipher)(found) == (SECRET, OLDER)
        with any_house.database.reading() as connection:
            said = str(connection.execute(select(relying_parties)).all())
            said += str(connection.execute(select(relying_party_versions)).all())
        assert SECRET not in said
        assert SECRET not in repr(found)
        plain = client(any_house, client_secret=SECRET, token_endpoint_auth_method="client_secret_post")
        assert plain.sealed_secret is None
        assert ClientSecrets(any_house.cipher)(plain) == ()


class TestNativeClients:
    """RFC 8252: an app on the member's own machine."""

    @pytest.mark.parametrize(
        ("registered", "asked", "good"),
        [
            ("http://127.0.0.1/callback", "http://127.0.0.1:49152/callback", True),
            ("http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback", True),
            ("http://[::1]/callback?a=b", "http://[::1]:8000/callback?a=b", True),
            ("http://127.0.0.1/callback", "http://127.0.0.1:65536/callback", False),
            ("http://127.0.0.1/callback", "http://127.0.0.1:0/callback", False),
            ("http://127.0.0.1/callback", "http://127.0.0.1:8000/callback/", False),
            ("http://127.0.0.1/callback", "http://127.0.0.1:8000@evil.example/callback", False),
            ("http://127.0.0.1/callback", "http://127.0.0.1.evil.example/callback", False),
            ("http://127.0.0.1/callback", "http://[::1]:8000/callback", False),
            ("http://localhost/callback", "http://localhost:8000/callback", False),
            ("https://p.example/callback", "https://p.example:8443/callback", False),
        ],
    )
    def test_are_answered_on_whatever_port_they_listen(
        self, house: House, registered: str, asked: str, *, good: bool
    ) -> None:
        """RFC 8252 §7.3, RFC 9700 §2.1: the port of the loopback address alone is free, and only for them."""
        native = client(house, redirect_uris=[registered], application_type="native")
        found = native.redirect_uri(asked)
        assert (found is not None and found.value == asked) is good
        assert native.redirect_uri(registered) is not None
        web = client(house, redirect_uris=[registered])
        assert web.redirect_uri(asked) is None
