"""Members, links, consents and live sessions, written straight into the stores: a hundred thousand by the front door
would take half an hour of Argon2."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert

from idp.commands.agencies import apply_file
from idp.credentials.models import passwords
from idp.credentials.password import PasswordHasher
from idp.crypto.keyring import ensure_keys
from idp.house import House, build
from idp.links.models import consents, links
from idp.members.directory import EMAIL, PHONE
from idp.members.models import members, persons
from idp.members.profile import PersonProfile
from idp.sessions.assurance import by_password
from idp.sessions.sessions import Sessions
from idp.settings import Settings

PASSWORD = "Onepass!2026"
CALLBACK = "http://127.0.0.1:8101/oidc/callback"
SECRET = "benchmark-secret-benchmark-secret-benchmark"
ENTITY_ID = "http://127.0.0.1:8103/saml/metadata"
CONSUMER = "http://127.0.0.1:8103/saml/acs"
SCOPES = ["email", "offline_access", "openid", "phone", "profile"]
_BATCH = 2000
_LIVE = 400

_METADATA = f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ENTITY_ID}">
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{CONSUMER}"/>
</md:SPSSODescriptor></md:EntityDescriptor>"""

_CATALOGUE = """
[[agency]]
id = "measured"
name = "측정"
description = ""
business_types = ["측정"]

{oidc}
[[agency.relying_party]]
id = "saml"
protocol = "saml"
name = "saml"
metadata_file = "sp.xml"
release = ["profile", "email"]
"""
_OIDC = """[[agency.relying_party]]
id = "{name}"
protocol = "oidc"
client_secret = "{secret}"
client_name = "{name}"
redirect_uris = ["{callback}"]
grant_types = ["authorization_code", "refresh_token", "client_credentials"]
scope = "openid profile email phone offline_access links.read"
id_token_signed_response_alg = "{alg}"

"""


@dataclass(frozen=True)
class People:
    """What the load needs to know: live session cookies, and 아이디 that can sign in."""

    cookies: tuple[str, ...]
    login_ids: tuple[str, ...]


def populate(settings: Settings, directory: Path, count: int) -> People:
    """Register the relying parties and make `count` members, each linked and agreed; a few hundred are signed in."""
    oidc = "".join(
        _OIDC.format(name=name, secret=SECRET, callback=CALLBACK, alg=alg)
        for name, alg in (("rs256", "RS256"), ("es256", "ES256"))
    )
    (directory / "sp.xml").write_text(_METADATA, encoding="utf-8")
    (directory / "catalogue.toml").write_text(_CATALOGUE.format(oidc=oidc), encoding="utf-8")
    house = build(settings)
    try:
        ensure_keys(settings.keys_dir, clock=house.clock, randomness=house.randomness)
        apply_file(house, directory / "catalogue.toml")
        ids = _members(house, count)
        step = max(1, count // _LIVE)
        living = ids[::step][:_LIVE]
        return People(_sessions(house, [member for member, _ in living]), tuple(login for _, login in living))
    finally:
        house.close()


def _members(house: House, count: int) -> list[tuple[str, str]]:
    hashed, made = PasswordHasher().hash(PASSWORD), []
    for start in range(0, count, _BATCH):
        made += _batch(house, range(start, min(start + _BATCH, count)), hashed)
    return made


def _batch(house: House, numbers: range, hashed: str) -> list[tuple[str, str]]:
    now = house.clock.now()
    rows: dict[Table, list[dict[str, Any]]] = {each: [] for each in (members, persons, passwords, links, consents)}
    made = []
    for number in numbers:
        member, login, link = secrets.token_hex(13), f"member.{number}", secrets.token_hex(13)
        profile = PersonProfile(login, "홍길동", f"{login}@example.com", f"010{number:08}")
        made.append((member, login))
        key = house.cipher.new_data_key(member)
        digest = house.digester.digest
        rows[members].append(
            {"id": member, "kind": "person", "status": "active", "data_key": key, "session_epoch": 0, "joined_at": now}
        )
        rows[persons].append(
            {
                "member_id": member,
                "login_id_digest": house.directory.login_id_digest(login),
                "phone_digest": digest(PHONE, profile.phone),
                "email_digest": digest(EMAIL, profile.email),
                "profile": house.directory.sealed(key, member, profile),
                "updated_at": now,
            }
        )
        rows[passwords].append({"member_id": member, "hash": hashed, "changed_at": now})
        rows[links].append(
            {
                "id": link,
                "member_id": member,
                "agency_id": "measured",
                "subject": secrets.token_hex(13),
                "state": "linked",
                "version": 1,
                "linked_at": now,
                "changed_at": now,
            }
        )
        rows[consents] += [
            {"link_id": link, "relying_party_id": party, "scopes": SCOPES, "given_at": now}
            for party in ("rs256", "es256", "saml")
        ]
    with house.database.transaction() as connection:
        for table, values in rows.items():
            connection.execute(insert(table), values)
    return made


def _sessions(house: House, member_ids: list[str]) -> tuple[str, ...]:
    limits = house.settings.sessions
    sessions = Sessions(house.store, house.clock, house.randomness, house.digester, limits.absolute, limits.absolute)
    return tuple(sessions.start(member, 0, by=by_password(house.clock.now()))[0] for member in member_ids)
