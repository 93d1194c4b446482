"""One event about a whole enterprise, applied to every link of it that we know (account events, "An enterprise's end").

The epoch of such an event is the version that each of its links has afterwards, so that what is newer stands, and what
is compared with the provider's own list agrees.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from relying_parties.security_event import SecurityEvent

SCHEMA = """
-- Whose link it is where it is an enterprise's, by the 기업 UUID.
create table if not exists tenants (
  issuer text not null, subject text not null, tenant text not null, primary key (issuer, subject)
);
create index if not exists tenants_of_tenant on tenants (issuer, tenant);
"""


def tenant_of(identifier: object) -> str | None:
    """The enterprise that `identifier` names. RFC 9493 §3.2.4 (opaque)."""
    if not isinstance(identifier, dict) or identifier.get("format") != "opaque":
        return None
    name = identifier.get("id")
    return name if isinstance(name, str) and name else None


def remember(connection: sqlite3.Connection, event: SecurityEvent) -> None:
    """Keep whose link it is, as an event about one link says."""
    tenant = tenant_of(event.payload.get("tenant"))
    if tenant is not None:
        connection.execute("insert or replace into tenants values (?, ?, ?)", (event.issuer, event.subject, tenant))


def of_each_link(connection: sqlite3.Connection, event: SecurityEvent, tenant: str) -> list[SecurityEvent]:
    """What an event about the enterprise says of each of its links."""
    rows = connection.execute(
        "select t.subject, l.link_id from tenants t join links l using (issuer, subject) "
        "where t.issuer = ? and t.tenant = ? order by t.subject",
        (event.issuer, tenant),
    ).fetchall()
    return [
        replace(
            event,
            subject=row["subject"],
            payload={**event.payload, "version": event.payload["epoch"], "link_id": row["link_id"]},
        )
        for row in rows
    ]
