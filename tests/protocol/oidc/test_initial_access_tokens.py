"""Who may register clients, what, and how many: initial access tokens. RFC 7591 §3, §5."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select

from idp.agencies.models import self_registrations
from idp.agencies.self_registration import store
from idp.agencies.self_registration.policy import RegistrationPolicy
from idp.agencies.self_registration.revoke_token import RevokeInitialAccessToken
from idp.app import create_app
from idp.audit.models import audit_records
from idp.clock import SystemClock
from idp.crypto.digests import secret_digest
from idp.house import House, build
from idp.settings import Settings
from idp.storage.database import Database
from tests.builders import a_house, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import AGENCIES
from tests.protocol.oidc.registrar import METADATA, POLICY, Registrar
from tests.races import race

OPEN = {"enabled": True, "calls_per_minute": 10_000}
BAD_REDIRECT = (400, "invalid_redirect_uri")
BAD_METADATA = (400, "invalid_client_metadata")
JWKS = {"keys": [ECKey.generate_key("P-256", {"kid": "1"}).as_dict(private=False)]}


class TestInitialAccessTokens:
    """RFC 7591 §3, §5: protected registration."""

    @pytest.mark.parametrize("value", ["x" * 43, "", "short", "x" * 500, "한글".encode().decode("latin-1")])
    def test_nobody_registers_without_a_good_one(self, registrar: Registrar, value: str) -> None:
        """RFC 6750 §3: 401 and a challenge."""
        answer = registrar.post(token=value)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert answer.get_json() == {"error": "invalid_token"}

    def test_is_told_the_scheme_only_without_any(self, registrar: Registrar) -> None:
        """RFC 6750 §3.1; a token in the query or the body is none (RFC 9700 §4.3.2)."""
        answer = registrar.client.post(f"/oidc/register?access_token={registrar.token}", json=METADATA)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="registration"'

    def test_is_good_for_so_many_clients(self, registrar: Registrar) -> None:
        """The operator says how many; a refused registration takes none of them."""
        registrar.token = registrar.new_token(uses=2)
        assert registrar.refusal(redirect_uris=[]) == BAD_REDIRECT
        assert [registrar.post().status_code for _ in range(3)] == [201, 201, 401]

    def test_expires(self, registrar: Registrar, frozen_clock: FrozenClock) -> None:
        """What was registered by it stays and is managed on."""
        told = registrar.registered()
        registrar.token = registrar.new_token(lifetime=timedelta(hours=1))
        frozen_clock.advance(timedelta(hours=1))
        assert registrar.post().status_code == 401
        assert registrar.manage(told).status_code == 200

    def test_is_revoked_without_ending_its_clients(self, registrar: Registrar) -> None:
        """An operator takes the leave back; a second time changes nothing."""
        told, house = registrar.registered(), registrar.house
        with house.database.reading() as connection:
            token = store.token_by_digest(connection, secret_digest(registrar.token))
        assert token is not None
        revoke = RevokeInitialAccessToken(house.database, house.clock)
        revoke(token.id, actor="test")
        revoke(token.id, actor="test")
        assert registrar.post().status_code == 401
        assert registrar.manage(told).status_code == 200
        with house.database.reading() as connection:
            actions = list(connection.execute(select(audit_records.c.action)).scalars())
        assert actions.count("initial_access_token.revoked") == 1

    def test_the_last_use_goes_to_one_of_sixteen(self, any_database: Database, keys_dir: Path) -> None:
        """Architecture §11.1: what is meant for one is spent by one atomic act."""
        url = any_database.engine.url.render_as_string(hide_password=False)
        house = a_house(url, keys_dir, SystemClock(), registration=OPEN)
        try:
            register(house, *AGENCIES)
            registrar = Registrar(house, create_app(house.settings, instead=house))
            registrar.token = registrar.new_token(uses=1)
            answers = race(lambda _racer: registrar.post())
            assert sorted(answer.status_code for answer in answers) == [201, *[401] * 15]
            with house.database.reading() as connection:
                assert len(connection.execute(select(self_registrations)).all()) == 1
        finally:
            house.close()

    def test_is_counted(self, open_house: House) -> None:
        """Whoever guesses, or makes us read a document again and again, is stopped."""
        settings = open_house.settings.model_copy(
            update={"registration": open_house.settings.registration.model_copy(update={"calls_per_minute": 3})}
        )
        registrar = Registrar(open_house, create_app(settings, instead=_with(open_house, settings)))
        answers = [registrar.post({}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
        assert answers[-1].headers["Retry-After"] == "60"
        assert answers[-1].mimetype == "application/json"


class TestPolicy:
    """What the operator allowed the holder of the token, and nothing else."""

    @pytest.mark.parametrize(
        "metadata",
        [
            {"jwks_uri": "https://elsewhere.example/keys"},
            {"client_uri": "https://elsewhere.example/"},
            {"logo_uri": "https://elsewhere.example/logo.png"},
            {"policy_uri": "https://elsewhere.example/"},
            {"tos_uri": "https://elsewhere.example/"},
            {"sector_identifier_uri": "https://elsewhere.example/sector"},
            {"initiate_login_uri": "https://elsewhere.example/"},
            {"backchannel_logout_uri": "https://elsewhere.example/"},
            {"frontchannel_logout_uri": "https://elsewhere.example/"},
            {"post_logout_redirect_uris": ["https://elsewhere.example/"]},
            {"request_uris": ["https://elsewhere.example/r#x"]},
            {"jwks_uri": "https://dynamic.example:8443/keys"},
            {"jwks_uri": "https://dynamic.example@elsewhere.example/keys"},
            {"jwks_uri": "https://dynamic.example.elsewhere.example/keys"},
            {"token_endpoint_auth_method": "none"},
            {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": JWKS},
            {"grant_types": ["authorization_code", "client_credentials"]},
            {"response_types": ["code token"], "grant_types": ["authorization_code", "implicit"]},
            {"require_pkce": False},
        ],
    )
    def test_refuses_what_is_not_allowed(self, registrar: Registrar, metadata: dict[str, Any]) -> None:
        """RFC 7591 §5: an address on another's host is how a client poses as another."""
        assert registrar.refusal(**metadata) == BAD_METADATA

    def test_lets_do_without_pkce_where_the_operator_says_so(self, registrar: Registrar) -> None:
        """OpenID Connect Core knows no PKCE: a client that only knows that can be let in."""
        policy = RegistrationPolicy(**{**POLICY.document(), "require_pkce": False})
        registrar.token = registrar.new_token(policy)
        assert registrar.registered()["require_pkce"] is False
        assert registrar.registered(require_pkce=True)["require_pkce"] is True

    def test_registers_implicit_clients_where_allowed(self, registrar: Registrar) -> None:
        """oidcc-dynamic with `id_token token`: its grant type goes with it."""
        told = registrar.registered(response_types=["token id_token"], grant_types=["implicit"])
        assert told["response_types"] == ["id_token token"]


def _with(house: House, settings: Settings) -> House:
    """The same house under other settings."""
    return build(settings, clock=house.clock, hasher=house.hasher)
