"""Answers to service providers: facts in, signed XML out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from idp.clock import Clock
from idp.randomness import Randomness
from idp.saml.attributes import Attribute, pairwise_id
from idp.saml.identity import Identity
from idp.saml.registration import Registration
from idp.saml.response import SIGNATURE_PLACE, Envelope, SignedIn, assertion, document_id, response
from idp.saml.signing import Signing
from idp.saml.sp_metadata import AssertionConsumer
from idp.saml.status import Status
from idp.saml.toolkit import Element


@dataclass(frozen=True, slots=True)
class Facts:
    """What the house found out about the member, ready to be told to one relying party."""

    subject: str = field(repr=False)
    attributes: tuple[Attribute, ...] = field(repr=False)
    authenticated: datetime
    context_class: str
    session_index: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """Writes Responses. Whoever calls has checked that the member agreed and the link stands."""

    identity: Identity
    signing: Signing
    clock: Clock
    randomness: Randomness

    def success(
        self, registration: Registration, consumer: AssertionConsumer, in_response_to: str | None, facts: Facts
    ) -> bytes:
        """A Response with one assertion, signed as registered.

        Raises:
            ConfigurationError: no SAML key signs.
        """
        envelope = self._envelope(consumer, in_response_to)
        stated = SignedIn(
            assertion_id=document_id(self.randomness),
            audience=registration.provider.entity_id,
            subject=facts.subject,
            session_index=facts.session_index,
            authenticated=facts.authenticated,
            context_class=facts.context_class,
            attributes=(*self._identifiers(registration, facts.subject), *facts.attributes),
        )
        part, whole = assertion(envelope, stated), response(envelope)
        signer = self.signing.signer()
        # The inner signature first: the outer one covers it. One of the two there always is.
        if registration.signs_assertion or not registration.terms.sign_response:
            signer.sign(part, at=SIGNATURE_PLACE)
        whole.append(part)
        if registration.terms.sign_response:
            signer.sign(whole, at=SIGNATURE_PLACE)
        return _octets(whole)

    def failure(
        self, registration: Registration, consumer: AssertionConsumer, in_response_to: str | None, status: Status
    ) -> bytes:
        """A Response that says why there is no assertion; signed unless the operator chose unsigned Responses."""
        whole = response(self._envelope(consumer, in_response_to), status)
        if registration.terms.sign_response:
            self.signing.signer().sign(whole, at=SIGNATURE_PLACE)
        return _octets(whole)

    def _envelope(self, consumer: AssertionConsumer, in_response_to: str | None) -> Envelope:
        return Envelope(
            id=document_id(self.randomness),
            issued=self.clock.now(),
            issuer=self.identity.entity_id,
            destination=consumer.url.value,
            in_response_to=in_response_to,
        )

    def _identifiers(self, registration: Registration, subject: str) -> tuple[Attribute, ...]:
        # The NameID already tells the subject; the attribute is left out only where the provider says so.
        if registration.provider.subject_id_wanted in ("none", "subject-id"):
            return ()
        return (pairwise_id(subject, self.identity.scope),)


def _octets(root: Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8")
