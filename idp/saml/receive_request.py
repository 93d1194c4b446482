"""From a query string to a request we may answer, at an address we may answer to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from idp.agencies.catalogue import Catalogue
from idp.clock import Clock
from idp.saml import authn_request, redirect_binding, signature_gate, toolkit
from idp.saml.authn_request import AuthnRequest
from idp.saml.identity import Identity
from idp.saml.redirect_binding import RedirectMessage
from idp.saml.refusals import StaleMessage, UnknownProvider, UnregisteredConsumer, UntrustedSignature
from idp.saml.registration import Registration, Registrations
from idp.saml.sp_metadata import AssertionConsumer
from idp.saml.toolkit import Element
from idp.saml.why_not import WINDOW, consumer_for, why_not_trusted
from idp.storage.expiring.protocol import ExpiringStore

_LONGER: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Received:
    """A genuine, fresh request of a registered provider."""

    request: AuthnRequest
    registration: Registration
    consumer: AssertionConsumer
    relay_state: str | None


@dataclass(frozen=True, slots=True)
class ReceiveRequest:
    """Reads AuthnRequests that come by HTTP-Redirect."""

    identity: Identity
    catalogue: Catalogue
    registrations: Registrations
    store: ExpiringStore
    clock: Clock

    def __call__(self, query: bytes) -> Received:
        """The request in a raw query string.

        Raises:
            RequestRefused: it cannot be read, believed, or answered at a registered address.
            ConfigurationError: the registered metadata cannot be read any more.
        """
        message = redirect_binding.read(query)
        root = toolkit.parse(message.xml)
        request = authn_request.read(root)
        registration = self._registration(request.issuer)
        signed = _verified(message, root, registration)
        refusal = why_not_trusted(
            request, registration, endpoint=self.identity.sso_location, signed=signed, now=self.clock.now()
        )
        if refusal is not None:
            raise refusal
        consumer = consumer_for(request, registration.provider)
        if consumer is None:
            raise UnregisteredConsumer
        self._spend(request)
        return Received(request, registration, consumer, message.relay_state)

    def _registration(self, entity_id: str) -> Registration:
        relying_party = self.catalogue.service_provider(entity_id)
        registration = None if relying_party is None else self.registrations.of(relying_party)
        if registration is None:
            raise UnknownProvider("no relying party has this Issuer")
        return registration

    def _spend(self, request: AuthnRequest) -> None:
        # An instant one window ahead of ours stays acceptable for two windows; the memory must outlast that.
        digest = hashlib.sha256(f"{len(request.issuer)}:{request.issuer}{request.id}".encode()).hexdigest()
        if not self.store.add_if_absent(f"saml-request:{digest}", b"", 2 * WINDOW + _LONGER):
            raise StaleMessage("this request was used before")


def _verified(message: RedirectMessage, root: Element, registration: Registration) -> bool:
    """Whether the request is signed. A signature that is there must hold, wherever it stands (saml2int SDP-IDP05)."""
    certificates = registration.provider.signing_certificates
    if message.signature is not None and not message.signature.holds(certificates):
        raise UntrustedSignature("no registered key made this signature")
    inside = signature_gate.carries_signature(root)
    if inside:
        signature_gate.verified(root, certificates)
    return inside or message.signature is not None
