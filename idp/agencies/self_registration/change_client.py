"""Putting another registration in the place of the one before. RFC 7592 §2.2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.agencies import store as catalogue_store
from idp.agencies.catalogue import Catalogue
from idp.agencies.hosted_documents import HostedDocuments
from idp.agencies.kept_client import kept_client
from idp.agencies.self_registration import store
from idp.agencies.self_registration.client_document import RegisteredClient
from idp.agencies.self_registration.client_secret import ClientSecretAfterChange
from idp.agencies.self_registration.read_metadata import read_metadata
from idp.agencies.self_registration.refusals import AccessRefused, ManagementRefused
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.randomness import Randomness, url_token
from idp.storage.database import Database

_OURS: Final = (
    "registration_access_token",
    "registration_client_uri",
    "client_id_issued_at",
    "client_secret_expires_at",
)
"""RFC 7592 §2.2: a client does not send back what is ours to say."""


@dataclass(frozen=True, slots=True)
class ChangeClient:
    """Puts another registration in the place of the one before."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    secrets: ClientSecretAfterChange
    hosted: HostedDocuments

    def __call__(self, client_id: str, access_token: str, document: Mapping[str, Any]) -> RegisteredClient:
        """The client that `document` describes from now on; what it leaves out is the default again. The registration
        access token is spent by it.

        Raises:
            AccessRefused: the token is not that of this client.
            ManagementRefused: it says that it is another client, or repeats what is ours to say.
            RegistrationRefused: the metadata.
        """
        digest = secret_digest(access_token)
        with self.database.reading() as connection:
            found = store.client_by_access(connection, client_id, digest)
        if found is None:
            raise AccessRefused("no registration access token of that client")
        presented = _presented(document, client_id)
        metadata, logo = read_metadata(document, found.token.policy, self.hosted)
        image = None if logo is None else logo.digest
        now, renewed = self.clock.now(), url_token(self.randomness)
        with self.database.transaction() as connection:
            # Read again and held: of two who present the same token one changes the client, the other is refused.
            held = store.client_by_access(connection, client_id, digest, hold=True)
            if held is None:
                raise AccessRefused("the registration access token was spent meanwhile")
            secrets = self.secrets(metadata, held.row, presented)
            name = metadata.client_name or self.catalogue.agency_name(held.row["agency_id"])
            registration = kept_client(metadata, client_id, name, secrets.digests, image)
            values = {
                "id": client_id,
                "registration": registration,
                "client_secret": secrets.sealed,
                "version": held.row["version"] + 1,
                "applied_at": now,
            }
            actor = f"client:{client_id}"
            catalogue_store.put_relying_party(connection, values, exists=True, actor=actor, at=now)
            catalogue_store.put_logo(connection, client_id, logo)
            store.change_access(connection, client_id, secret_digest(renewed))
            catalogue_store.bump_version(connection)
            who = {"agency_id": held.row["agency_id"], "relying_party_id": client_id}
            record(connection, Record(now, Action.CLIENT_CHANGED, actor, **who))
        self.catalogue.look_again()
        return RegisteredClient(registration, found.issued_at, renewed, secrets.told)


def _presented(document: Mapping[str, Any], client_id: str) -> str | None:
    """The secret that the client sent along.

    Raises:
        ManagementRefused: as of `ChangeClient`.
    """
    if document.get("client_id") != client_id:
        raise ManagementRefused("client_id is not that of this client")
    if any(name in document for name in _OURS):
        raise ManagementRefused("what the authorization server says is sent back; RFC 7592 section 2.2 forbids it")
    presented = document.get("client_secret")
    if presented is not None and not isinstance(presented, str):
        raise ManagementRefused("client_secret is not a string")
    return presented
