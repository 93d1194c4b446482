"""From the house's outcome to the form that the browser carries to the provider."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from idp.agencies.catalogue import Catalogue
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.links import store as links
from idp.links.provisionings import report_created
from idp.members.directory import Directory
from idp.saml import status
from idp.saml.answer import Answer, Facts
from idp.saml.attributes import Attribute, released
from idp.saml.authn_context import stated
from idp.saml.question import Asked
from idp.saml.receive_request import Received
from idp.saml.refusals import UnknownProvider, UnregisteredConsumer
from idp.saml.registration import Registration, Registrations
from idp.saml.sp_metadata import AssertionConsumer
from idp.saml.status import Status
from idp.sessions.sessions import Sessions
from idp.signin.outcome import Outcome, Reason, Refused, SignedIn
from idp.signin.request import SignInRequest
from idp.storage.database import Database
from idp.storage.expiring.protocol import ExpiringStore

_STATUS: Final = {
    Reason.LOGIN_REQUIRED: status.NO_PASSIVE,
    Reason.CONSENT_REQUIRED: status.NO_PASSIVE,
    Reason.INTERACTION_REQUIRED: status.NO_PASSIVE,
    Reason.DENIED: status.REQUEST_DENIED,
    Reason.SUSPENDED: status.REQUEST_DENIED,
    Reason.UNMET: status.NO_AUTHN_CONTEXT,
}


@dataclass(frozen=True, slots=True)
class PostForm:
    """What the browser posts, and to whom. HTTP-POST binding, bindings §3.5.4."""

    consumer: AssertionConsumer
    fields: tuple[tuple[str, str], ...]
    target_name: str


def post_form(registration: Registration, consumer: AssertionConsumer, xml: bytes, relay_state: str | None) -> PostForm:
    """The form that carries a Response; RelayState goes back exactly as it came (bindings §3.5.3)."""
    fields = [("SAMLResponse", base64.b64encode(xml).decode("ascii"))]
    if relay_state is not None:
        fields.append(("RelayState", relay_state))
    return PostForm(consumer, tuple(fields), registration.relying_party.name)


@dataclass(frozen=True, slots=True)
class Conclude:
    """Turns outcomes into Responses. The link is looked at once more inside the transaction that records the answer,
    so from the commit of its end on there is no assertion."""

    database: Database
    clock: Clock
    catalogue: Catalogue
    registrations: Registrations
    directory: Directory
    sessions: Sessions
    store: ExpiringStore
    answer: Answer

    def __call__(self, question: SignInRequest, outcome: Outcome, address: str | None) -> PostForm:
        """The form with our answer to a question of ours.

        Raises:
            RequestRefused: the provider or the address is registered no more.
            ConfigurationError: no SAML key signs.
        """
        asked = Asked.unpacked(question.protocol_state)
        registration, consumer = self._target(question.relying_party_id or "", asked)
        facts = self._facts(registration, asked, outcome, address)
        if isinstance(facts, Status):
            xml = self.answer.failure(registration, consumer, asked.request_id, facts)
        else:
            xml = self.answer.success(registration, consumer, asked.request_id, facts)
        return post_form(registration, consumer, xml, asked.relay_state)

    def refuse(self, received: Received, why: Status) -> PostForm:
        """The form with a Response that says why there will be no assertion."""
        xml = self.answer.failure(received.registration, received.consumer, received.request.id, why)
        return post_form(received.registration, received.consumer, xml, received.relay_state)

    def _target(self, relying_party_id: str, asked: Asked) -> tuple[Registration, AssertionConsumer]:
        relying_party = self.catalogue.relying_party(relying_party_id)
        registration = None if relying_party is None else self.registrations.of(relying_party)
        if registration is None:
            raise UnknownProvider("the relying party was removed meanwhile")
        consumer = registration.provider.consumer_at(asked.consumer_url)
        if consumer is None:
            raise UnregisteredConsumer("the address was removed meanwhile")
        return registration, consumer

    def _facts(self, registration: Registration, asked: Asked, outcome: Outcome, address: str | None) -> Facts | Status:
        if isinstance(outcome, Refused):
            return _STATUS[outcome.reason]
        if asked.named_subject not in (None, outcome.link.subject):
            return status.UNKNOWN_PRINCIPAL
        context_class = stated(asked.requested_context, outcome.assurance)
        if context_class is None:
            return status.NO_AUTHN_CONTEXT
        attributes = self._recorded(registration, outcome, address)
        if attributes is None:
            return status.REQUEST_DENIED
        return Facts(outcome.link.subject, attributes, outcome.assurance.auth_time, context_class, outcome.sid or "")

    def _recorded(
        self, registration: Registration, outcome: SignedIn, address: str | None
    ) -> tuple[Attribute, ...] | None:
        """What the member agreed to release, with the answer put on record; None where the link fell meanwhile."""
        party = registration.relying_party
        with self.database.transaction() as connection:
            member = links.member_behind(connection, outcome.link.id, outcome.link.version)
            profile = None if member is None else self.directory.profile(member)
            if member is None or profile is None:
                return None
            record(
                connection,
                Record(
                    self.clock.now(),
                    Action.SIGN_IN_ANSWERED,
                    "member",
                    member.id,
                    party.agency.id,
                    party.id,
                    address,
                    {"acr": outcome.acr, "amr": " ".join(outcome.assurance.amr), "protocol": "saml"},
                ),
            )
            if outcome.standing.awaits_account:
                report_created(connection, outcome.link.id, party.id, self.clock.now())
        self.store.write(self.sessions.participation(outcome.session, party.id))
        return released(profile, outcome.scopes)
