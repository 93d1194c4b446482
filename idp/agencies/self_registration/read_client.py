"""Telling a client what it registered. RFC 7592 §2.1."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.self_registration import store
from idp.agencies.self_registration.client_document import RegisteredClient
from idp.agencies.self_registration.refusals import AccessRefused
from idp.crypto.digests import secret_digest
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class ReadClient:
    """Tells a client what it registered."""

    database: Database

    def __call__(self, client_id: str, access_token: str) -> RegisteredClient:
        """The client as it is registered; its secret is not told again, only its digest is kept.

        Raises:
            AccessRefused: the token is not that of this client.
        """
        with self.database.reading() as connection:
            found = store.client_by_access(connection, client_id, secret_digest(access_token))
        if found is None:
            raise AccessRefused("no registration access token of that client")
        return RegisteredClient(found.row["registration"], found.issued_at, access_token)
