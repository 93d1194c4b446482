"""The catalogue's answer to where a message goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard, get_args

from idp.agencies.catalogue import Catalogue
from idp.agencies.event_streams import StreamStatus
from idp.agencies.registration_secrets import EVENTS_AUTHORIZATION
from idp.agencies.relying_party import RelyingParty
from idp.crypto.fields import FieldCipher
from idp.crypto.signing_key import Algorithm
from idp.errors import ConfigurationError
from idp.signals.catalogue import Channel
from idp.transmitter.destinations import Destination
from idp.transmitter.pace import Caps


@dataclass(frozen=True, slots=True)
class RegisteredDestinations:
    """Addresses come from registrations only; the header a receiver wants is opened here and nowhere else."""

    catalogue: Catalogue
    cipher: FieldCipher

    def destination(self, relying_party_id: str, channel: Channel) -> Destination | None:
        """Where messages of this lane go now.

        Raises:
            IdpError: the registration names an algorithm we do not have, or its header cannot be opened.
        """
        party = self.catalogue.relying_party(relying_party_id)
        if party is None:
            return None
        return _logout(party) if channel is Channel.LOGOUT else self._events(party)

    def awaits(self, relying_party_id: str, channel: Channel) -> bool:
        """Whether messages of this lane wait for their receiver."""
        party = self.catalogue.relying_party(relying_party_id)
        stream = party.events if party is not None and channel is Channel.EVENT else None
        return stream is not None and (stream.delivery == "poll" or stream.status is not StreamStatus.ENABLED)

    def _events(self, party: RelyingParty) -> Destination | None:
        if party.events is None or party.events.endpoint_url is None or party.events.status is not StreamStatus.ENABLED:
            return None
        sealed = party.events.authorization
        header = None if sealed is None else self.cipher.open_secret(EVENTS_AUTHORIZATION, sealed).decode()
        caps = Caps(party.events.max_concurrency, party.events.max_per_minute)
        return Destination(party.events.endpoint_url.value, party.audience, header, _algorithm(party.events.alg), caps)


def _logout(party: RelyingParty) -> Destination | None:
    if party.oidc is None or party.oidc.backchannel_logout_uri is None:
        return None
    alg = _algorithm(party.oidc.id_token_signed_response_alg)
    return Destination(party.oidc.backchannel_logout_uri.value, party.audience, None, alg)


def _algorithm(name: str) -> Algorithm:
    if not _is_algorithm(name):
        raise ConfigurationError(f"{name} is not an algorithm we sign with")
    return name


def _is_algorithm(name: str) -> TypeGuard[Algorithm]:
    return name in get_args(Algorithm)
