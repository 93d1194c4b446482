"""`client_credentials`: a relying party's server for itself. RFC 6749 §4.4."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session
from pydantic import ValidationError

from idp.agencies.machine_client import MACHINE_SCOPES
from idp.app.machine_callers import machine_callers
from idp.errors import ConfigurationError
from idp.oidc.call import Call
from idp.oidc.errors import InsufficientScope, InvalidToken
from idp.oidc.machine_callers import MachineCaller
from idp.oidc.machine_tokens import MachineTokens
from tests.browsers import served
from tests.builders import agency, party, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP, KAMP_MACHINE, VOUCHER, Browser, Client, Provider
from tests.vectors.saml.forge import metadata

BOTH = Client("bizinfo", "bizinfo", BIZINFO.redirect_uri, BIZINFO.secret)
GRANT = {"grant_type": "client_credentials"}


def callers(provider: Provider) -> Callable[..., MachineCaller]:
    authenticate = machine_callers(provider.house)
    return lambda header, *any_of: authenticate(Call("GET", "/agency/v1/links", header), *any_of)


def token(provider: Provider, client: Client = KAMP_MACHINE, **form: str) -> str:
    answered = provider.token(client, **GRANT, **form)
    assert answered.status_code == 200, answered.text
    return str(answered.get_json()["access_token"])


def machine(scope: str = "ssf.manage links.read", secret: str = "N" * 40, **fields: Any) -> dict[str, Any]:
    return {"client_id": KAMP_MACHINE.client_id, "client_secret": secret, "scope": scope, **fields}


def test_gives_every_registered_scope_to_who_names_none(provider: Provider) -> None:
    """RFC 6749 §3.3, §4.4.3, §5.1: a bearer token and its scope, no refresh token, no ID token, not to be cached."""
    answered = provider.token(KAMP_MACHINE, **GRANT)
    said = answered.get_json()
    assert answered.status_code == 200
    assert answered.headers["Cache-Control"] == "no-store"
    assert said.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (said["token_type"], said["scope"].split()) == ("Bearer", list(MACHINE_SCOPES))
    assert 0 < said["expires_in"] <= 3600


def test_narrows_to_what_is_asked(provider: Provider) -> None:
    """RFC 6749 §3.3: the scope of the token is the one requested."""
    asked = token(provider, scope="links.read")
    caller = callers(provider)(f"Bearer {asked}", "links.read", "links.manage")
    assert (caller.relying_party.id, caller.client_id) == ("kamp", "kamp-machine")
    assert caller.scopes == {"links.read"}
    with pytest.raises(InsufficientScope):
        callers(provider)(f"Bearer {asked}", "links.manage")


@pytest.mark.parametrize("scope", ["openid", "links.read openid", "ssf.manage unknown"])
def test_refuses_a_scope_that_is_not_registered(provider: Provider, scope: str) -> None:
    """RFC 6749 §5.2: invalid_scope; a member's scopes are none of a machine's."""
    answered = provider.token(KAMP_MACHINE, **GRANT, scope=scope)
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("client", [VOUCHER, KAMP, BIZINFO])
def test_refuses_a_client_that_did_not_register_the_grant(provider: Provider, client: Client) -> None:
    """RFC 6749 §4.4, §5.2: unauthorized_client; a public client cannot have the grant at all."""
    answered = provider.token(client, **GRANT)
    assert (answered.status_code, answered.get_json()["error"]) == (400, "unauthorized_client")


def test_lets_a_machine_client_do_nothing_else(provider: Provider, browser: Browser) -> None:
    """RFC 6749 §5.2: its own relying party's codes are not for it."""
    code = browser.code(KAMP)
    answered = provider.redeem(Client("kamp", "kamp-machine", KAMP.redirect_uri, KAMP_MACHINE.secret), code)
    assert (answered.status_code, answered.get_json()["error"]) == (400, "unauthorized_client")
    assert provider.redeem(KAMP, code).status_code == 200
    assert browser.client.get("/oidc/authorize?client_id=kamp-machine").status_code == 400


def test_authenticates_like_any_client(provider: Provider) -> None:
    """RFC 6749 §2.3: wrong secret, no secret, the id alone: 401."""
    for client in (Client("", "kamp-machine", "", "x" * 40), Client("", "kamp-machine", "")):
        answered = provider.token(client, **GRANT)
        assert (answered.status_code, answered.get_json()["error"]) == (401, "invalid_client")


def test_keeps_the_two_kinds_of_token_apart(provider: Provider, browser: Browser) -> None:
    """A machine's token opens no member's claims, a member's token no machine interface."""
    of_machine = token(provider)
    answered = provider.userinfo(of_machine)
    assert (answered.status_code, answered.get_json()["error"]) == (401, "invalid_token")
    of_member = provider.redeem(KAMP, browser.code(KAMP)).get_json()["access_token"]
    assert provider.userinfo(of_member).status_code == 200
    with pytest.raises(InvalidToken):
        callers(provider)(f"Bearer {of_member}", *MACHINE_SCOPES)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer  ", "Basic a2FtcDp4", "Bearer " + "A" * 64, "Bearer é", "Bearer a b"]
)
def test_takes_a_token_it_gave_in_the_header_only(provider: Provider, header: str | None) -> None:
    """RFC 6750 §2.1, §3.1: whatever else is there, 401."""
    with pytest.raises(InvalidToken):
        callers(provider)(header, *MACHINE_SCOPES)


def test_lets_tokens_end(provider: Provider, clock: FrozenClock) -> None:
    """RFC 6749 §5.1: good for `expires_in` seconds."""
    given = provider.token(KAMP_MACHINE, **GRANT).get_json()
    clock.advance(timedelta(seconds=given["expires_in"] - 1))
    assert callers(provider)(f"Bearer {given['access_token']}", "ssf.read")
    clock.advance(timedelta(seconds=1))
    with pytest.raises(InvalidToken):
        callers(provider)(f"Bearer {given['access_token']}", "ssf.read")


def test_writes_no_token_down(provider: Provider) -> None:
    """Architecture §6: tokens are stored as digests only; one round trip each."""
    store = MachineTokens(provider.house.store, provider.house.randomness, timedelta(minutes=1))
    given = token(provider)
    assert store.find(given) is not None
    # The handle finds, another secret behind it proves nothing.
    assert store.find(given[:-6] + ("AAAAAA" if given[-6:] != "AAAAAA" else "BBBBBB")) is None


def kamp(provider: Provider, **fields: Any) -> None:
    register(provider.house, agency("kamp", party("kamp", **fields)))


def test_ends_tokens_when_the_client_goes(provider: Provider) -> None:
    """Integrating: within `catalogue_refresh` of the file's being applied."""
    given = token(provider)
    kamp(provider)
    with pytest.raises(InvalidToken):
        callers(provider)(f"Bearer {given}", "ssf.manage")


@pytest.mark.parametrize("change", [machine(), machine(client_id="another", secret="M" * 40)])
def test_ends_tokens_when_secret_or_name_changes(provider: Provider, change: dict[str, Any]) -> None:
    """A leaked secret is mended by changing it, and so is what was got with it."""
    given = token(provider)
    kamp(provider, machine_client=change)
    with pytest.raises(InvalidToken):
        callers(provider)(f"Bearer {given}", "ssf.manage")


def test_takes_scopes_back_from_tokens_too(provider: Provider) -> None:
    """What the registration no longer allows, no token of an hour ago does."""
    given = token(provider)
    kamp(provider, machine_client=machine("links.read", secret="M" * 40))
    assert callers(provider)(f"Bearer {given}", "links.read").scopes == {"links.read"}
    with pytest.raises(InsufficientScope):
        callers(provider)(f"Bearer {given}", "ssf.manage")


def test_may_be_the_client_that_signs_members_in(provider: Provider, browser: Browser) -> None:
    """RFC 7591 §2: grant_types and scope of one client; its sign-ins never receive a machine's scope."""
    fields = {"client_secret": BIZINFO.secret, "redirect_uris": [BIZINFO.redirect_uri]}
    grants = ["authorization_code", "client_credentials"]
    register(
        provider.house, agency("bizinfo", party("bizinfo", scope="openid ssf.manage", grant_types=grants, **fields))
    )
    assert callers(provider)(f"Bearer {token(provider, BOTH)}", "ssf.manage").client_id == "bizinfo"
    said = provider.redeem(BOTH, browser.code(BOTH, scope="openid ssf.manage")).get_json()
    assert said["scope"] == "openid"
    answered = provider.token(BOTH, **GRANT, scope="openid")
    assert answered.get_json()["error"] == "invalid_scope"


def test_serves_a_saml_relying_party(provider: Provider) -> None:
    """Architecture §2: a relying party talks OIDC or SAML; both may manage their streams."""
    saml = {"id": "smtech", "protocol": "saml", "metadata_xml": metadata(), "machine_client": machine()}
    register(provider.house, agency("kamp", party("kamp")), agency("smtech", {**saml, "machine_client": SAML}))
    client = Client("smtech", "smtech-machine", "", "S" * 40)
    assert callers(provider)(f"Bearer {token(provider, client)}", "ssf.read").relying_party.id == "smtech"


SAML = {"client_secret": "S" * 40, "scope": "ssf.read"}


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"grant_types": ["authorization_code", "client_credentials"], "client_secret": "K" * 40}, "goes with"),
        ({"scope": "openid ssf.read"}, "goes with"),
        (
            {
                "scope": "openid ssf.read",
                "grant_types": ["authorization_code", "client_credentials"],
                "client_secret": "K" * 40,
                "machine_client": SAML,
            },
            "no machine_client",
        ),
        ({"machine_client": {**SAML, "client_id": "voucher:100%+1"}}, "already"),
        ({"machine_client": {**SAML, "client_id": "kamp"}}, "already"),
        ({"machine_client": {**SAML, "client_secret": "demo-" + "s" * 40}}, "demonstration"),
    ],
)
def test_refuses_half_a_registration(provider: Provider, fields: dict[str, Any], what: str) -> None:
    """A registration that would not do what it says is refused with the reason; nothing is written."""
    given = token(provider)
    with pytest.raises(ConfigurationError, match=what):
        register(provider.house, agency("kamp", party("kamp", **fields)), production=True)
    assert callers(provider)(f"Bearer {given}", "ssf.manage")


@pytest.mark.parametrize("scope", ["", "openid", "ssf.manage openid", "ssf.mange"])
def test_refuses_scopes_that_no_machine_has(provider: Provider, scope: str) -> None:
    """The registration file names what we act upon, or is refused."""
    with pytest.raises(ValidationError, match="must be some of"):
        kamp(provider, machine_client=machine(scope))


def test_keeps_the_secret_out_of_the_registration(provider: Provider) -> None:
    """A digest is all that is kept, and it stays out of every repr."""
    found = provider.house.catalogue.machine_client("kamp-machine")
    assert found is not None
    assert "M" * 40 not in repr(found)
    assert found.machine is not None
    assert found.machine.secret_digests[0] not in repr(found)


def test_serves_a_client_that_others_wrote(provider: Provider) -> None:
    """RFC 6749 §4.4 as Authlib speaks it, over HTTP."""
    with served(provider.app) as port:
        session = OAuth2Session("kamp-machine", KAMP_MACHINE.secret, scope="ssf.manage ssf.read")
        given = session.fetch_token(f"http://127.0.0.1:{port}/oidc/token", grant_type="client_credentials")
    assert given["scope"] == "ssf.manage ssf.read"
    assert callers(provider)(f"Bearer {given['access_token']}", "ssf.manage")
