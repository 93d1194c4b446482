"""Accounts that a member who chose an agency is to get there: asked for with the link, in one transaction with it.

    (none) ─┬─ request ──▶ requested ── made, or reported ──▶ created
            │                │   ▲                              │ ▲ profile changed: told again
            │        refused ▼   │ retry, or linked again       └─┘
            │               failed
            └─ request ──▶ first_login ── signed in there ───▶ created
    any ── the link ends ──▶ not_needed

Only the request and what ends it are here; `idp.provisioning` makes the accounts. Nothing here or there ever asks an
agency to delete or disable one: when a link ends the account stays, and we forget how it is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, case, insert, select, update

from idp.agencies.relying_party import RelyingParty
from idp.links.models import agency_accounts, consents, links, provisionings
from idp.links.state import LinkState
from idp.links.store import Link
from idp.randomness import Randomness, case_blind_token
from idp.signals.catalogue import LinkReason
from idp.storage.listed import among

_CHOSEN = frozenset((LinkReason.JOINING, LinkReason.CONVERSION, LinkReason.MEMBER_LINK))
_SCIM = "scim"
NO_LEASE: dict[str, Any] = {"lease_token": None, "leased_until": None}


class ProvisioningState(StrEnum):
    """How far an account has come. One that its agency makes at the first login is asked of nobody."""

    FIRST_LOGIN = "first_login"
    REQUESTED = "requested"
    CREATED = "created"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"


class Progress(StrEnum):
    """The same in the words of pages; of an agency's systems the one that most needs looking at."""

    AT_FIRST_LOGIN = "first_login"
    CREATED = "created"
    REQUESTED = "requested"
    FAILED = "failed"


_GRAVEST_LAST = tuple(Progress)
END = (
    update(provisionings)
    .where(among(provisionings.c.link_id, "link_ids"), provisionings.c.state != ProvisioningState.NOT_NEEDED.value)
    .values(
        state=ProvisioningState.NOT_NEEDED.value,
        settled_at=bindparam("at"),
        remote=None,
        due_at=None,
        action=None,
        **NO_LEASE,
    )
)
"""Asks for nothing more: links `link_ids` end `at`. What is under way may still arrive, and changes nothing here."""


def request(
    connection: Connection,
    randomness: Randomness,
    link: Link,
    party: RelyingParty,
    *,
    reason: LinkReason,
    held: Sequence[str],
    at: datetime,
) -> None:
    """Ask for the account of a link in force, before the consent that goes with it is kept. The caller holds the
    member's lock.

    Nothing is asked for where the member has an account there (`held`: ids that the caller is about to put behind the
    link), nor where they come from the agency's own sign-in page and it makes accounts by itself.
    """
    mode = party.provisioning.mode
    if held or (mode != _SCIM and reason not in _CHOSEN):
        return
    state = ProvisioningState.FIRST_LOGIN if mode == "first_login" else ProvisioningState.REQUESTED
    now = {"mode": mode, "state": state.value, "due_at": at if mode == _SCIM else None}
    whose = (provisionings.c.link_id == link.id, provisionings.c.relying_party_id == party.id)
    known = connection.execute(select(provisionings.c.state).where(*whose)).scalar()
    if known is None:
        if _came_before(connection, link.id, party.id):
            return
        connection.execute(
            insert(provisionings).values(
                id=case_blind_token(randomness),
                link_id=link.id,
                relying_party_id=party.id,
                requested_at=at,
                **now,
            )
        )
    elif known == ProvisioningState.NOT_NEEDED:
        again = {"requested_at": at, "settled_at": None}
        fresh = {"action": None, "outcome": None, "remote": None, "sends": 0, "refusals": 0}
        connection.execute(update(provisionings).where(*whose).values(**again, **fresh, **now, **NO_LEASE))
    else:
        # The member may release more than before.
        connection.execute(_changed(at).where(*whose))


def resume(connection: Connection, link_id: str, at: datetime) -> None:
    """Take up again what ended with a link that is in force once more under the consent it had."""
    again = {"state": ProvisioningState.REQUESTED.value, "requested_at": at, "settled_at": None, "due_at": at}
    connection.execute(
        update(provisionings)
        .where(
            provisionings.c.link_id == link_id,
            provisionings.c.mode == _SCIM,
            provisionings.c.state == ProvisioningState.NOT_NEEDED.value,
        )
        .values(sends=0, refusals=0, outcome=None, **again)
    )


def report_created(connection: Connection, link_id: str, relying_party_id: str, at: datetime) -> bool:
    """The relying party has the account: it said so, or the member signed in there. Whether that was news."""
    done = (
        update(provisionings)
        .where(
            provisionings.c.link_id == link_id,
            provisionings.c.relying_party_id == relying_party_id,
            provisionings.c.mode != _SCIM,
            provisionings.c.state.not_in((ProvisioningState.CREATED.value, ProvisioningState.NOT_NEEDED.value)),
        )
        .values(state=ProvisioningState.CREATED.value, settled_at=at, action=None, outcome="reported")
    )
    return connection.execute(done).rowcount > 0


def told_anew(connection: Connection, member_id: str, at: datetime) -> None:
    """Have agencies told what changed of a member's profile, in the transaction that changes it: every account made by
    SCIM behind a link; of a suspended one when it is restored. What is under way is told again afterwards."""
    # Agency after agency, as withdrawals go: workers that settle several members' rows of one agency at once then wait
    # for nobody who waits for them.
    held = (
        select(provisionings.c.id)
        .join(links, links.c.id == provisionings.c.link_id)
        .where(links.c.member_id == member_id, links.c.state != LinkState.UNLINKED.value, provisionings.c.mode == _SCIM)
        .order_by(links.c.agency_id, provisionings.c.relying_party_id)
        .with_for_update(of=provisionings)
    )
    connection.execute(_changed(at).where(provisionings.c.id.in_(connection.execute(held).scalars().all())))


def progress(connection: Connection, member_id: str) -> dict[str, Progress]:
    """How far the accounts of one member have come, by agency; agencies where none was asked for are missing."""
    rows = connection.execute(
        select(links.c.agency_id, provisionings.c.state)
        .join(links, links.c.id == provisionings.c.link_id)
        .where(links.c.member_id == member_id, provisionings.c.state != ProvisioningState.NOT_NEEDED.value)
    )
    found: dict[str, Progress] = {}
    for row in rows:
        each = Progress(row.state)
        found[row.agency_id] = max(each, found.get(row.agency_id, each), key=_GRAVEST_LAST.index)
    return found


def _came_before(connection: Connection, link_id: str, relying_party_id: str) -> bool:
    """Whether the member was there before accounts were asked for: a second one would be made for them."""
    tables = (consents, agency_accounts)
    traces = (
        select(table.c.link_id).where(table.c.link_id == link_id, table.c.relying_party_id == relying_party_id).limit(1)
        for table in tables
    )
    return any(connection.execute(trace).first() is not None for trace in traces)


def _changed(at: datetime) -> Any:
    """What the agency should know has changed. A request under way is not disturbed: who settles it sees the revision
    and goes on."""
    made = (provisionings.c.state == ProvisioningState.CREATED.value, at)
    return (
        update(provisionings)
        .where(
            provisionings.c.mode == _SCIM,
            provisionings.c.state.in_((ProvisioningState.REQUESTED.value, ProvisioningState.CREATED.value)),
        )
        .values(revision=provisionings.c.revision + 1, due_at=case(made, else_=provisionings.c.due_at))
    )
