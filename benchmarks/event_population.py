"""Members who are linked with every one of several agencies, written straight into the database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert

from idp.commands.agencies import apply_file
from idp.house import House
from idp.links.models import consents, links
from idp.members.models import members, persons
from idp.members.profile import PersonProfile

_BATCH = 500
_AGENCY = """[[agency]]
id = "agency{number}"
name = "측정 {number}"
description = ""
business_types = ["측정"]

[[agency.relying_party]]
id = "party{number}"
protocol = "oidc"
client_secret = "benchmark-secret-benchmark-secret-benchmark"
client_name = "party{number}"
redirect_uris = ["http://127.0.0.1:{port}/callback"]
scope = "openid profile"

[agency.relying_party.events]
endpoint_url = "http://127.0.0.1:{port}/{number}"
authorization_header = "Bearer benchmark-benchmark-benchmark"
signing_alg = "{alg}"
events_requested = ["account-link-changed"]
"""


def register_receivers(house: House, directory: Path, parties: int, port: int, alg: str) -> None:
    """Agencies `agency0`…, one relying party each, which hear of changed links at `port` of this machine."""
    file = directory / "receivers.toml"
    text = "\n".join(_AGENCY.format(number=number, port=port, alg=alg) for number in range(parties))
    file.write_text(text, encoding="utf-8")
    apply_file(house, file)


def linked_members(house: House, count: int, parties: int) -> list[str]:
    """The ids of `count` new members, each linked with `parties` agencies and agreed."""
    made: list[str] = []
    for start in range(0, count, _BATCH):
        identifiers = [secrets.token_hex(13) for _ in range(start, min(start + _BATCH, count))]
        with house.database.transaction() as connection:
            for table, values in _rows(house, identifiers, parties):
                connection.execute(insert(table), values)
        made += identifiers
    return made


def _rows(house: House, identifiers: list[str], parties: int) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    now = house.clock.now()
    keys = {member: house.cipher.new_data_key(member) for member in identifiers}
    yield (
        members,
        [
            {"id": member, "kind": "person", "status": "active", "data_key": key, "session_epoch": 0, "joined_at": now}
            for member, key in keys.items()
        ],
    )
    yield (
        persons,
        [
            {
                "member_id": member,
                "login_id_digest": house.directory.login_id_digest(member),
                "profile": house.directory.sealed(
                    key, member, PersonProfile(member, "홍길동", f"{member}@example.com", "01012345678")
                ),
                "updated_at": now,
            }
            for member, key in keys.items()
        ],
    )
    joined = [
        {
            "id": secrets.token_hex(13),
            "member_id": member,
            "agency_id": f"agency{number}",
            "subject": secrets.token_hex(13),
            "state": "linked",
            "version": 1,
            "linked_at": now,
            "changed_at": now,
        }
        for member in identifiers
        for number in range(parties)
    ]
    yield links, joined
    yield (
        consents,
        [
            {
                "link_id": link["id"],
                "relying_party_id": f"party{str(link['agency_id']).removeprefix('agency')}",
                "scopes": ["openid", "profile"],
                "given_at": now,
            }
            for link in joined
        ],
    )
