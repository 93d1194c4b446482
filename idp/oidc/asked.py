"""Where the parameters of an authorization request come from: the address, what was pushed, a signed object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from idp.agencies.catalogue import Catalogue
from idp.oidc import profile
from idp.oidc.errors import InvalidRequest, OAuthError, UntrustedRequest
from idp.oidc.pushed import OVER, PREFIX, TICKET, PushedRequests
from idp.signin.request import SignInRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters that count. `refused` is told to the relying party as soon as its address is trusted."""

    parameters: Mapping[str, str]
    refused: OAuthError | None = None
    ticket: tuple[str, float] | None = None

    def remembered(self, question: SignInRequest) -> SignInRequest:
        """`question`, with what it takes to answer a pushed request once."""
        if self.ticket is None:
            return question
        return replace(question, protocol_state={**question.protocol_state, TICKET: self.ticket})


@dataclass(frozen=True, slots=True)
class AskedBy:
    """Finds the parameters of what a browser brought."""

    catalogue: Catalogue
    pushed: PushedRequests
    require_pushed: bool

    def __call__(self, sent: Mapping[str, str]) -> Asked:
        """What is asked.

        Raises:
            UntrustedRequest: a pushed request that this client did not push, or that is over; without it there is no
                address that could be trusted, and what stands beside it does not count (RFC 9126 §4).
        """
        party = self.catalogue.client(sent.get("client_id", ""))
        if party is None or party.oidc is None:
            return Asked(sent)
        if sent.get("request_uri", "").startswith(PREFIX):
            found = self.pushed.find(party.id, sent["request_uri"])
            if found is None:
                raise UntrustedRequest("no such pushed request", public=OVER)
            return Asked(found.parameters, ticket=found.ticket)
        if self.require_pushed or profile.of(party.oidc).par_required:
            return Asked(sent, refused=InvalidRequest("the request must be pushed"))
        return Asked(sent)
