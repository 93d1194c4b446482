"""Ending a client that registered itself. RFC 7592 §2.3."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from idp.agencies import store as catalogue_store
from idp.agencies.catalogue import Catalogue
from idp.agencies.self_registration import store
from idp.agencies.self_registration.refusals import AccessRefused
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.errors import ConfigurationError
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class EndClient:
    """Ends a client: nothing it holds is good once servers have noticed. Links are the agency's, and stay."""

    database: Database
    clock: Clock
    catalogue: Catalogue

    def __call__(self, client_id: str, access_token: str) -> None:
        """End the client whose token this is.

        Raises:
            AccessRefused: the token is not that of this client.
        """
        with self.database.transaction() as connection:
            found = store.client_by_access(connection, client_id, secret_digest(access_token), hold=True)
            if found is None:
                raise AccessRefused("no registration access token of that client")
            self._end(connection, client_id, f"client:{client_id}", found.row["agency_id"])
        self.catalogue.look_again()

    def by_operator(self, client_id: str, *, actor: str) -> None:
        """End a client that registered itself, without its token.

        Raises:
            ConfigurationError: there is none; a client of a file stays as long as its agency.
        """
        with self.database.transaction() as connection:
            row = store.held_client(connection, client_id)
            if row is None:
                raise ConfigurationError(f"{client_id}: no client that registered itself is known by that")
            self._end(connection, client_id, actor, row["agency_id"])
        self.catalogue.look_again()

    def _end(self, connection: Connection, client_id: str, actor: str, agency_id: str) -> None:
        now = self.clock.now()
        store.end_client(connection, client_id, now)
        store.change_access(connection, client_id, None)
        catalogue_store.bump_version(connection)
        action = Action.CLIENT_ENDED
        record(connection, Record(now, action, actor, agency_id=agency_id, relying_party_id=client_id))
