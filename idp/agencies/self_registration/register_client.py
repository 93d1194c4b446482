"""Registering a client. RFC 7591 §3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.agencies import store as catalogue_store
from idp.agencies.catalogue import Catalogue
from idp.agencies.hosted_documents import HostedDocuments
from idp.agencies.kept_client import kept_client
from idp.agencies.self_registration import store
from idp.agencies.self_registration.client_document import RegisteredClient
from idp.agencies.self_registration.client_secret import ClientSecretAfterChange
from idp.agencies.self_registration.initial_access_token import InitialAccessToken
from idp.agencies.self_registration.read_metadata import read_metadata
from idp.agencies.self_registration.refusals import AccessRefused
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.randomness import Randomness, case_blind_token, url_token
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class RegisterClient:
    """Makes a client of an agency out of what it says of itself."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    secrets: ClientSecretAfterChange
    hosted: HostedDocuments

    def __call__(self, token: InitialAccessToken, document: Mapping[str, Any]) -> RegisteredClient:
        """The client that `document` describes; it takes one use of `token`, and a refused one takes none.

        Raises:
            RegistrationRefused: the metadata.
            AccessRefused: the token was used up, revoked or expired meanwhile.
        """
        metadata, logo = read_metadata(document, token.policy, self.hosted)
        image = None if logo is None else logo.digest
        client_id, access_token = f"c-{case_blind_token(self.randomness)}", url_token(self.randomness)
        secrets = self.secrets(metadata, None, None)
        name = metadata.client_name or self.catalogue.agency_name(token.agency_id)
        registration = kept_client(metadata, client_id, name, secrets.digests, image)
        now = self.clock.now()
        values = {
            "id": client_id,
            "agency_id": token.agency_id,
            "protocol": "oidc",
            "lookup": client_id,
            "registration": registration,
            "client_secret": secrets.sealed,
            "version": 1,
            "applied_at": now,
        }
        with self.database.transaction() as connection:
            if not store.spend_token(connection, token.id, now):
                raise AccessRefused("the initial access token is no longer good")
            catalogue_store.put_relying_party(connection, values, exists=False, actor=token.actor, at=now)
            catalogue_store.put_logo(connection, client_id, logo)
            store.add_client(connection, client_id, token.id, secret_digest(access_token), now)
            catalogue_store.bump_version(connection)
            who, agency_id = token.actor, token.agency_id
            record(
                connection,
                Record(now, Action.CLIENT_REGISTERED, who, agency_id=agency_id, relying_party_id=client_id),
            )
        self.catalogue.look_again()
        return RegisteredClient(registration, now, access_token, secrets.told)
