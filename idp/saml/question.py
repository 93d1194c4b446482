"""The question a request puts to the house, and what we need to remember until the answer comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from idp.saml.authn_context import understood, wanted
from idp.saml.authn_request import Comparison, RequestedContext
from idp.saml.receive_request import Received
from idp.signin.request import SignInRequest

ANSWER_PATH: Final = "/saml/sso/answer"
"""Where the browser comes back with a sign-in's id."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the answer must fit. `consumer_url` is looked up again: by then it may be registered no more."""

    request_id: str
    consumer_url: str
    relay_state: str | None
    requested_context: RequestedContext | None
    named_subject: str | None

    def packed(self) -> dict[str, Any]:
        """As JSON values."""
        context = self.requested_context
        return {
            "request_id": self.request_id,
            "consumer_url": self.consumer_url,
            "relay_state": self.relay_state,
            "comparison": context and context.comparison,
            "classes": context and list(context.classes),
            "named_subject": self.named_subject,
        }

    @classmethod
    def unpacked(cls, values: Any) -> Asked:
        """From JSON values we packed."""
        comparison: Comparison | None = values["comparison"]
        context = None if comparison is None else RequestedContext(comparison, tuple(values["classes"]))
        return cls(
            values["request_id"], values["consumer_url"], values["relay_state"], context, values["named_subject"]
        )


def asked(received: Received) -> Asked:
    """What to remember of a request."""
    request = received.request
    return Asked(
        request_id=request.id,
        consumer_url=received.consumer.url.value,
        relay_state=received.relay_state,
        requested_context=understood(request.requested_context),
        named_subject=None if request.subject is None else request.subject.value,
    )


def question(received: Received) -> SignInRequest:
    """What the request means to the house. Whoever calls has asked `why_not_answered` first."""
    level = wanted(received.request.requested_context)
    return SignInRequest(
        relying_party_id=received.registration.relying_party.id,
        answer_path=ANSWER_PATH,
        # Whoever agrees to anything agrees to be recognised; the consent page says so under this scope.
        scopes=received.registration.terms.release | {"openid"},
        may_interact=not received.request.is_passive,
        must_reauthenticate=received.request.force_authn,
        acr_values=level.values,
        acr_essential=level.essential,
        continues_at=received.consumer.url.value,
        protocol_state=asked(received).packed(),
    )
