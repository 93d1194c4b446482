"""A relying party read from the database and not from a snapshot: a receiver that changed its stream at one server may
ask the next one about it a moment later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from idp.agencies import parse, store
from idp.agencies.event_streams import DELETED, StreamStatus
from idp.agencies.relying_party import RelyingParty
from idp.transmitter.streams.refusals import NoSuchStream


def fresh_party(connection: Connection, relying_party_id: str) -> RelyingParty:
    """The relying party as it is now.

    Raises:
        NoSuchStream: it has gone.
    """
    return _read(connection, relying_party_id, hold=False)[0]


def held_party(connection: Connection, relying_party_id: str) -> tuple[RelyingParty, Mapping[str, Any] | None]:
    """The same, held until the transaction ends, and what its receiver made of its stream so far.

    Raises:
        NoSuchStream: it has gone.
    """
    return _read(connection, relying_party_id, hold=True)


def keep(connection: Connection, party: RelyingParty, row: Mapping[str, Any] | None, values: Mapping[str, Any]) -> None:
    """Write what the receiver changed, where every process sees it."""
    first = {"relying_party_id": party.id, "stream_id": party.id, "status": StreamStatus.ENABLED.value}
    if row is None:
        store.add_stream(connection, {**first, **values})
    elif row["status"] == DELETED:
        store.change_stream(connection, party.id, {**first, **values})
    else:
        store.change_stream(connection, party.id, values)
    store.bump_version(connection)


def _read(
    connection: Connection, relying_party_id: str, *, hold: bool
) -> tuple[RelyingParty, Mapping[str, Any] | None]:
    found = store.one_relying_party(connection, relying_party_id, hold=hold)
    if found is None:
        raise NoSuchStream("no such relying party")
    registration, agency = found
    row = store.one_stream(connection, relying_party_id)
    return parse.relying_party(registration, agency, row), row
