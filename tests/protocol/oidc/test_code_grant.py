"""The token endpoint: redeeming codes. RFC 6749 §4.1.3, OpenID Connect Core §3.1.3, RFC 7636 §4.5."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from idp.audit.models import audit_records
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP, VERIFIER, VOUCHER, Browser, Client, Provider

CLIENTS = [VOUCHER, KAMP, BIZINFO]


@pytest.mark.parametrize("client", CLIENTS)
def test_gives_tokens_for_a_code(provider: Provider, browser: Browser, client: Client) -> None:
    """RFC 6749 §5.1: JSON, never cached; expires_in a number."""
    answered = provider.redeem(client, browser.code(client))
    assert answered.status_code == 200
    assert answered.mimetype == "application/json"
    assert answered.headers["Cache-Control"] == "no-store"
    assert answered.headers["Pragma"] == "no-cache"
    members = answered.get_json()
    assert members.keys() == {"access_token", "token_type", "expires_in", "scope", "id_token"}
    assert members["token_type"] == "Bearer"
    assert members["expires_in"] == 600
    assert members["scope"] == "openid"
    assert len(members["access_token"]) >= 43


@pytest.mark.parametrize("client", [KAMP, BIZINFO])
def test_gives_a_refresh_token_for_offline_access(provider: Provider, browser: Browser, client: Client) -> None:
    """OpenID Connect Core §11: offline_access, agreed to on the consent page."""
    assert provider.redeem(client, browser.code(client, scope="openid offline_access")).get_json()["refresh_token"]


def test_gives_no_refresh_token_to_who_did_not_register_it(provider: Provider, browser: Browser) -> None:
    """RFC 7591 §2: grant_types says which grants a client uses."""
    answered = provider.redeem(VOUCHER, browser.code(VOUCHER, scope="openid offline_access"))
    assert "refresh_token" not in answered.get_json()


def refuses(provider: Provider, client: Client, code: str, error: str = "invalid_grant", **form: str | None) -> None:
    answered = provider.redeem(client, code, **form)
    assert answered.status_code == (401 if error == "invalid_client" else 400)
    assert answered.headers["Cache-Control"] == "no-store"
    said = answered.get_json()
    assert said["error"] == error
    assert said.keys() <= {"error", "error_description"}
    text = said.get("error_description", "")
    assert all(" " <= letter <= "~" and letter not in '"\\' for letter in text)
    assert code not in text


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"redirect_uri": "https://voucher.example/other"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"code_verifier": "a" * 43}, "invalid_grant"),
        ({"code_verifier": VERIFIER + "a"}, "invalid_grant"),
        ({"code_verifier": VERIFIER[:-1] + "한"}, "invalid_grant"),
        ({"code_verifier": "a" * 129}, "invalid_grant"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
)
def test_refuses_what_does_not_prove_the_code(
    provider: Provider, browser: Browser, client: Client, form: dict[str, str | None], error: str
) -> None:
    """RFC 6749 §5.2, RFC 7636 §4.6: the code comes with the address and the verifier it was asked for with."""
    refuses(provider, client, browser.code(client), error, **form)


@pytest.mark.parametrize("code", ["x", "A" * 43, "A" * 64, "한글", "a" * 16_000, "%00"])
def test_refuses_a_code_it_never_gave(provider: Provider, code: str) -> None:
    """RFC 6749 §5.2: invalid_grant."""
    refuses(provider, KAMP, code)


def test_refuses_a_missing_code(provider: Provider) -> None:
    """RFC 6749 §5.2: invalid_request."""
    assert provider.token(KAMP, grant_type="authorization_code").get_json()["error"] == "invalid_request"


def test_refuses_an_expired_code(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 6749 §4.1.2: codes live shortly; FAPI 2.0 §5.3.2.1: 60 seconds at most."""
    code = browser.code(KAMP)
    clock.advance(timedelta(seconds=59))
    assert provider.redeem(KAMP, code).status_code == 200
    code = browser.code(KAMP)
    clock.advance(timedelta(seconds=60))
    refuses(provider, KAMP, code)


@pytest.mark.parametrize("client", CLIENTS)
def test_revokes_what_a_code_gave_when_it_comes_again(provider: Provider, browser: Browser, client: Client) -> None:
    """RFC 9700 §4.5, RFC 6749 §4.1.2: deny, and revoke access and refresh tokens; it is in the audit."""
    code = browser.code(client, scope="openid offline_access")
    gained = provider.redeem(client, code).get_json()
    assert provider.userinfo(gained["access_token"]).status_code == 200
    refuses(provider, client, code)
    assert provider.userinfo(gained["access_token"]).status_code == 401
    if "refresh_token" in gained:
        assert provider.refresh(client, gained["refresh_token"]).get_json()["error"] == "invalid_grant"
        with provider.house.database.reading() as connection:
            actions = connection.execute(select(audit_records.c.action)).scalars().all()
        assert "grant.revoked" in actions


@pytest.mark.parametrize("client", [KAMP, BIZINFO])
def test_revokes_what_the_refresh_token_gave_too(provider: Provider, browser: Browser, client: Client) -> None:
    """RFC 9700 §4.5: all tokens issued based on that code, the renewed ones included; also a while later."""
    code = browser.code(client, scope="openid offline_access")
    gained = provider.redeem(client, code).get_json()
    renewed = provider.refresh(client, gained["refresh_token"]).get_json()
    assert provider.userinfo(renewed["access_token"]).status_code == 200
    clock = provider.house.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(timedelta(seconds=200))
    refuses(provider, client, code)
    clock.advance(timedelta(seconds=100))
    for token in (gained["access_token"], renewed["access_token"]):
        assert provider.userinfo(token).status_code == 401
    assert provider.refresh(client, renewed["refresh_token"]).status_code == 400


@pytest.mark.parametrize("thief", [KAMP, BIZINFO])
def test_a_code_is_nothing_to_another_client(provider: Provider, browser: Browser, thief: Client) -> None:
    """RFC 6749 §4.1.3: the code was issued to this client. Who steals it can neither spend it nor burn it."""
    code = browser.code(VOUCHER)
    refuses(provider, thief, code)
    refuses(provider, thief, code, redirect_uri=VOUCHER.redirect_uri)
    gained = provider.redeem(VOUCHER, code)
    assert gained.status_code == 200
    refuses(provider, thief, code)
    assert provider.userinfo(gained.get_json()["access_token"]).status_code == 200


def test_a_wrong_secret_does_not_burn_the_code(provider: Provider, browser: Browser) -> None:
    """RFC 6749 §3.2.1: authentication comes before everything."""
    code = browser.code(VOUCHER)
    refuses(provider, Client(VOUCHER.id, VOUCHER.client_id, VOUCHER.redirect_uri, "wrong" * 10), code, "invalid_client")
    assert provider.redeem(VOUCHER, code).status_code == 200


@pytest.mark.parametrize("token", ["access_token", "refresh_token", "id_token"])
def test_takes_no_token_for_a_code(provider: Provider, browser: Browser, token: str) -> None:
    """RFC 8725 §3.12: one kind of token never passes for another, nor harms it."""
    gained = provider.redeem(KAMP, browser.code(KAMP, scope="openid offline_access")).get_json()
    refuses(provider, KAMP, gained[token])
    assert provider.userinfo(gained["access_token"]).status_code == 200
    assert provider.refresh(KAMP, gained["refresh_token"]).status_code == 200


def test_an_invented_code_writes_to_no_grant(provider: Provider, browser: Browser) -> None:
    """CWE-400: a public client's id is no secret, so anybody may present codes nobody gave; what a spent code gave is
    looked for first (RFC 9700 §4.5), and only a family that is alive costs a write."""
    written: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        written.extend([statement] if statement.startswith("UPDATE grants") else [])

    event.listen(provider.house.database.engine, "before_cursor_execute", listen)
    for _ in range(3):
        assert provider.redeem(KAMP, "A" * 43).status_code == 400
    assert written == []
    code = browser.code(KAMP, scope="openid offline_access")
    refresh_token = provider.redeem(KAMP, code).get_json()["refresh_token"]
    assert provider.redeem(KAMP, code).status_code == 400
    assert len(written) == 1
    assert provider.refresh(KAMP, refresh_token).status_code == 400
