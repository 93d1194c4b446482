"""`idp agencies initial-access-token` and its kin: letting an agency's clients register themselves, and ending them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from typing import get_args

import click

from idp import settings
from idp.agencies.oidc_registration import AuthenticationMethod, ResponseType
from idp.agencies.registration_file import HOST, Scope
from idp.agencies.self_registration import store
from idp.agencies.self_registration.end_client import EndClient
from idp.agencies.self_registration.initial_access_token import InitialAccessToken
from idp.agencies.self_registration.make_token import MakeInitialAccessToken
from idp.agencies.self_registration.policy import RegistrationPolicy
from idp.agencies.self_registration.revoke_token import RevokeInitialAccessToken
from idp.commands.told import told
from idp.house import build

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_GRANT_TYPES = ("authorization_code", "refresh_token", "implicit")
_PAGE = 500


def _lifetime(_context: click.Context, _parameter: click.Parameter, value: str) -> timedelta:
    match = re.fullmatch(r"([1-9][0-9]{0,3})([dhm])", value)
    if match is None:
        raise click.BadParameter("a number and d, h or m, such as 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _hosts(_context: click.Context, _parameter: click.Parameter, value: Sequence[str]) -> tuple[str, ...]:
    wrong = [host for host in value if re.fullmatch(HOST, host) is None]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is no host or host:port in lower case")
    return tuple(value)


@click.command("initial-access-token")
@click.option("--agency", "agency_id", required=True, help="Whose clients they will be; see `idp agencies list`.")
@click.option(
    "--redirect-host",
    "hosts",
    multiple=True,
    required=True,
    callback=_hosts,
    help="Host, or host:port, of the addresses a client names; repeat for more. No other is taken.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(get_args(Scope)),
    default=("openid", "profile", "email"),
    show_default=True,
    help="What its clients may ask members for; repeat for more.",
)
@click.option("--uses", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="How many clients.")
@click.option("--expires", "lifetime", default="7d", show_default=True, callback=_lifetime, help="30m, 12h, 7d …")
@click.option(
    "--grant-type",
    "grant_types",
    multiple=True,
    type=click.Choice(_GRANT_TYPES),
    default=("authorization_code", "refresh_token"),
    show_default=True,
)
@click.option(
    "--response-type",
    "response_types",
    multiple=True,
    type=click.Choice(get_args(ResponseType)),
    default=("code",),
    show_default=True,
)
@click.option(
    "--auth-method",
    "methods",
    multiple=True,
    type=click.Choice(get_args(AuthenticationMethod)),
    help="How its clients may prove themselves; all but none, where it is not said.",
)
@click.option("--without-pkce", is_flag=True, help="Let clients that have credentials do without PKCE.")
def initial_access_token(
    agency_id: str,
    hosts: tuple[str, ...],
    scopes: tuple[str, ...],
    uses: int,
    lifetime: timedelta,
    grant_types: tuple[str, ...],
    response_types: tuple[str, ...],
    methods: tuple[str, ...],
    *,
    without_pkce: bool,
) -> None:
    """Make a token by which an agency's clients register themselves. It is printed once; only its digest is kept."""
    if "openid" not in scopes:
        raise click.BadParameter("must contain openid", param_hint="--scope")
    policy = RegistrationPolicy(
        hosts=hosts,
        scopes=tuple(dict.fromkeys(scopes)),
        grant_types=frozenset(grant_types),
        response_types=frozenset(response_types),
        authentication_methods=frozenset(methods) or frozenset(get_args(AuthenticationMethod)) - {"none"},
        require_pkce=not without_pkce,
    )
    with told(), closing(build(settings.load())) as house:
        make = MakeInitialAccessToken(house.database, house.clock, house.randomness)
        value, token = make(agency_id, policy, uses=uses, lifetime=lifetime, actor="command")
        if not house.settings.registration.enabled:
            click.echo("registration.enabled is false: there is no endpoint to use it at", err=True)
    click.echo(f"{token.id}: {uses} clients of {agency_id}, until {token.expires_at:%Y-%m-%d %H:%M} UTC", err=True)
    click.echo(value)


@click.command("initial-access-tokens")
def initial_access_tokens() -> None:
    """Every initial access token: whose, how much of it is used, whether it is good."""
    with told(), closing(build(settings.load())) as house:
        now, after = house.clock.now(), ""
        while True:
            with house.database.reading() as connection:
                page = store.tokens(connection, after=after, limit=_PAGE)
            for token in page:
                click.echo(_line(token, good=token.is_good(now)))
            if len(page) < _PAGE:
                return
            after = page[-1].id


@click.command("revoke-initial-access-token")
@click.argument("token_id")
def revoke_initial_access_token(token_id: str) -> None:
    """Let nobody register by this token any more; what was registered by it stays."""
    with told(), closing(build(settings.load())) as house:
        RevokeInitialAccessToken(house.database, house.clock)(token_id, actor="command")
    click.echo(f"{token_id}: revoked")


@click.command("end-client")
@click.argument("client_id")
def end_client(client_id: str) -> None:
    """End a client that registered itself: nothing it holds is good any more. Links with its agency stay."""
    with told(), closing(build(settings.load())) as house:
        EndClient(house.database, house.clock, house.catalogue).by_operator(client_id, actor="command")
    click.echo(f"{client_id}: ended")


def _line(token: InitialAccessToken, *, good: bool) -> str:
    state = "revoked" if token.revoked_at is not None else "good" if good else "over"
    hosts = " ".join(token.policy.hosts)
    return f"{token.id}  {token.agency_id:<24}{token.used}/{token.uses} used  {state:<8}{hosts}"
