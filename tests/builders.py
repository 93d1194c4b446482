"""Whole things that tests need: a house with cheap hashes, registered agencies, members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from idp.agencies.apply import ApplyRegistrations, Change
from idp.agencies.hosted_documents import HostedDocuments
from idp.agencies.registration_file import AgencyEntry
from idp.clock import Clock
from idp.credentials.password import CHEAPEST, PasswordHasher
from idp.house import House, build
from idp.links.connect import Connect
from idp.links.stop import ReleaseAllLinks, StopLink
from idp.links.store import Link
from idp.members.join import Join
from idp.members.profile import EnterpriseProfile, PersonProfile
from idp.members.withdraw import Withdraw
from idp.saml.metadata_source import MetadataSource
from idp.settings import Settings
from idp.signals.catalogue import LinkReason
from tests.fakes import FrozenClock

PASSWORD = "Onepass!2026"
BUSINESS_NUMBER = "1234567891"
NAME, EMAIL, PHONE = "홍길동", "hong@example.kr", "01012345678"


def a_house(database_url: str, keys_dir: Path, clock: Clock, **settings: Any) -> House:
    """A house on a database whose tables exist already."""
    given = Settings(database_url=database_url, keys_dir=keys_dir, **settings)
    return build(given, clock=clock, hasher=PasswordHasher(CHEAPEST))


def agency(identifier: str, *parties: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An `[[agency]]`."""
    return {"id": identifier, "name": f"{identifier} 기관", "relying_party": list(parties), **fields}


def party(identifier: str, **fields: Any) -> dict[str, Any]:
    """An OpenID Connect `[[agency.relying_party]]`: public, until it is given a secret."""
    method = "client_secret_basic" if "client_secret" in fields else "none"
    return {
        "id": identifier,
        "protocol": "oidc",
        "redirect_uris": [f"https://{identifier}.example/callback"],
        "token_endpoint_auth_method": method,
        **fields,
    }


def register(house: House, *agencies: dict[str, Any], dry_run: bool = False, production: bool = False) -> list[Change]:
    """Apply registrations; the catalogue shows them at once where the clock is ours."""
    entries = [AgencyEntry.model_validate(each) for each in agencies]
    apply = ApplyRegistrations(
        house.database,
        house.clock,
        house.cipher,
        MetadataSource(house.clock),
        HostedDocuments.of(house.settings),
        production=production,
    )
    changes = apply(entries, Path(), actor="test", dry_run=dry_run)
    if isinstance(house.clock, FrozenClock):
        house.clock.advance(house.settings.catalogue_refresh)
    return changes


def joining(house: House) -> Join:
    return Join(house.database, house.clock, house.randomness, house.directory, house.hasher)


def a_person(house: House, login_id: str = "honggildong", **fields: Any) -> str:
    """A member's id."""
    profile = PersonProfile(**{"login_id": login_id, "name": NAME, "email": EMAIL, "phone": PHONE, **fields})
    return joining(house).person(profile, PASSWORD, actor="test")


def an_enterprise(house: House, business_number: str = BUSINESS_NUMBER, **fields: Any) -> str:
    """A member's id."""
    join = joining(house)
    values = {
        "enterprise_uuid": join.admit.new_enterprise_uuid(),
        "business_number": business_number,
        "company_name": "예시상사",
        "representative_name": NAME,
        "founded_on": "2001-02-03",
        "email": EMAIL,
        "phone": "0212345678",
        **fields,
    }
    return join.enterprise(EnterpriseProfile(**values), actor="test")


def link(house: House, member_id: str, party_id: str, *scopes: str) -> Link:
    """A link in force, and the consent that allows it."""
    found = house.catalogue.relying_party(party_id)
    assert found is not None
    connect = Connect(house.database, house.clock, house.randomness, house.catalogue)
    return connect(member_id, found, frozenset(scopes or ("openid",)), reason=LinkReason.SIGN_IN)


def unlink(house: House, member_id: str, agency_id: str) -> Link:
    stop = StopLink(house.database, house.clock, house.randomness, house.catalogue)
    return stop(member_id, agency_id, reason=LinkReason.MEMBER_UNLINK).link


def withdrawing(house: House) -> Withdraw:
    return Withdraw(house.database, house.clock, ReleaseAllLinks(house.randomness, house.catalogue))
