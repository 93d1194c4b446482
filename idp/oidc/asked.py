"""Where the parameters of an authorization request come from: the address, what was pushed, a signed object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from idp.agencies.catalogue import Catalogue
from idp.agencies.oidc_registration import OidcRegistration
from idp.oidc import profile
from idp.oidc.answered_once import OVER, TICKET, AnsweredAlready, AnsweredOnce, Ticket
from idp.oidc.authorize import TrustedRedirect, trusted
from idp.oidc.errors import InvalidRequest, OAuthError, UnsignedRequestObject, UntrustedRequest
from idp.oidc.hosted_request import HostedRequests
from idp.oidc.pushed import PREFIX, PushedRequests
from idp.oidc.request_object import ReadRequestObject
from idp.signin.request import SignInRequest
from idp.web.source_words import N_

_UNREADABLE = N_("서비스가 보낸 로그인 요청을 확인할 수 없습니다. 서비스로 돌아가 다시 로그인해 주세요.")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters that count. `refused` is told to the relying party as soon as its address is trusted."""

    parameters: Mapping[str, str]
    refused: OAuthError | None = None
    ticket: Ticket | None = None

    def redirect(self, catalogue: Catalogue) -> TrustedRedirect:
        """Where the answer, or the refusal, may go.

        Raises:
            UntrustedRequest: nowhere; says why it is refused, if it is, before what its address lacks.
        """
        try:
            return trusted(catalogue, self.parameters)
        except UntrustedRequest as error:
            if self.refused is None:
                raise
            raise UntrustedRequest(self.refused.description, public=_UNREADABLE) from error

    def remembered(self, question: SignInRequest) -> SignInRequest:
        """`question`, with what its answer spends."""
        if self.ticket is None:
            return question
        return replace(question, protocol_state={**question.protocol_state, TICKET: self.ticket})


@dataclass(frozen=True, slots=True)
class AskedBy:
    """Finds the parameters of what a browser brought."""

    catalogue: Catalogue
    pushed: PushedRequests
    read_object: ReadRequestObject
    hosted: HostedRequests
    once: AnsweredOnce
    require_pushed: bool

    def __call__(self, sent: Mapping[str, str]) -> Asked:
        """What is asked. A plain request costs nothing here: no store is asked.

        Raises:
            UntrustedRequest: a pushed request that this client did not push, or what was answered before; without it
                there is no address that could be trusted, and what stands beside it does not count (RFC 9126 §4).
        """
        party = self.catalogue.client(sent.get("client_id", ""))
        if party is None or party.oidc is None:
            return Asked(sent)
        request_uri = sent.get("request_uri", "")
        if request_uri.startswith(PREFIX):
            return self._pushed(party.id, request_uri)
        asked = profile.of(party.oidc)
        if self.require_pushed or asked.par_required:
            return _refused(sent, InvalidRequest("the request must be pushed"))
        if request_uri or "request" in sent:
            return self._signed(party.id, party.oidc, sent)
        if asked.signed_request_required:
            return _refused(sent, InvalidRequest("the request must be signed"))
        return Asked(sent)

    def _pushed(self, relying_party_id: str, request_uri: str) -> Asked:
        found = self.pushed.find(relying_party_id, request_uri)
        if found is None:
            raise UntrustedRequest("no such pushed request", public=OVER)
        return Asked(found.parameters, ticket=found.ticket)

    def _signed(self, relying_party_id: str, client: OidcRegistration, sent: Mapping[str, str]) -> Asked:
        """An object that cannot be believed is told to an address beside it, as of a plain request, if that is one."""
        try:
            if "request" in sent and "request_uri" in sent:
                raise InvalidRequest("request and request_uri exclude each other")
            compact = sent.get("request") or self.hosted(relying_party_id, client, sent["request_uri"])
            found = self.read_object(relying_party_id, client, compact)
        except UnsignedRequestObject as error:
            by = "request" if "request" in sent else "request_uri"
            return _refused(sent, OAuthError(error.description, error=f"{by}_not_supported"))
        except OAuthError as error:
            return _refused(sent, error)
        if found.ticket is not None and self.once.was(found.ticket):
            raise AnsweredAlready("the request object was answered before", public=OVER)
        beside = sent.get("response_type")
        if beside is not None and beside != found.parameters.get("response_type", beside):
            # OpenID Connect Core §6.1: it must be the same; two readings of one request are an attack or a mistake.
            return Asked(found.parameters, refused=InvalidRequest("response_type differs from the request object"))
        return Asked(found.parameters, ticket=found.ticket)


def _refused(sent: Mapping[str, str], why: OAuthError) -> Asked:
    return Asked({name: value for name, value in sent.items() if name not in ("request", "request_uri")}, refused=why)
