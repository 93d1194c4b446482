"""From the house's outcome to OpenID Connect's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from idp.agencies.catalogue import Catalogue
from idp.agencies.oidc_registration import OidcRegistration
from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock, epoch_seconds
from idp.links.provisionings import report_created
from idp.oidc import profile
from idp.oidc.access_tokens import AccessTokens
from idp.oidc.asked_claims import covered
from idp.oidc.authorization import Authorization
from idp.oidc.authorization_response import AuthorizationResponse, Respond
from idp.oidc.codes import CodeContent, Codes
from idp.oidc.errors import UntrustedRequest
from idp.oidc.id_token import IdTokens
from idp.oidc.response_mode import ResponseMode
from idp.oidc.response_type import CODE, ID_TOKEN, TOKEN
from idp.oidc.scopes import OFFLINE_ACCESS
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.signin.outcome import Outcome, Reason, Refused, SignedIn
from idp.signin.request import SignInRequest
from idp.storage.database import Database
from idp.storage.expiring.protocol import ExpiringStore

_REFUSALS: Mapping[Reason, dict[str, str]] = {
    Reason.LOGIN_REQUIRED: {"error": "login_required"},
    Reason.CONSENT_REQUIRED: {"error": "consent_required"},
    Reason.INTERACTION_REQUIRED: {"error": "interaction_required"},
    Reason.DENIED: {"error": "access_denied", "error_description": "the member declined"},
    Reason.SUSPENDED: {"error": "access_denied", "error_description": "the link is suspended"},
    # OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §2.
    Reason.UNMET: {"error": "unmet_authentication_requirements"},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Composes the response that ends an authorization request."""

    database: Database
    clock: Clock
    catalogue: Catalogue
    sessions: Sessions
    store: ExpiringStore
    codes: Codes
    access_tokens: AccessTokens
    id_tokens: IdTokens
    respond: Respond

    def __call__(self, request: SignInRequest, outcome: Outcome, address: str | None) -> AuthorizationResponse:
        """What the browser carries to the relying party: what it asked for, or an error.

        Raises:
            UntrustedRequest: the client or its address is no longer registered.
            NoKeyOfClient: the client could not read it.
        """
        state = request.protocol_state
        party = self.catalogue.relying_party(request.relying_party_id or "")
        client = party.oidc if party is not None else None
        uri = client.redirect_uri(state["redirect_uri"]) if client is not None else None
        if party is None or client is None or uri is None:
            raise UntrustedRequest("the registration changed meanwhile")
        members = (
            _REFUSALS[outcome.reason]
            if isinstance(outcome, Refused)
            else self._granted(party, client, request, outcome, address)
        )
        # A sign-in that began under an earlier release names no mode.
        mode = ResponseMode.named(state.get("response_mode", "query"))
        return self.respond(client, uri, mode, state["state"], members)

    def _granted(
        self,
        party: RelyingParty,
        client: OidcRegistration,
        request: SignInRequest,
        outcome: SignedIn,
        address: str | None,
    ) -> dict[str, str]:
        """The members that `response_type` names. OpenID Connect Core §3.1.2.5, §3.2.2.5, §3.3.2.5."""
        state = request.protocol_state
        words = state.get("response_type", CODE).split()
        authorization = _authorization(party.id, state, outcome)
        self._told(party, outcome, address)
        beside = self.sessions.participation(outcome.session, party.id)
        members: dict[str, str] = {}
        if CODE in words:
            members["code"] = self.codes.issue(self._content(client, authorization, state, outcome.session), beside)
        else:
            self.store.write(beside)
        if TOKEN in words:
            members |= self._access_token(client, authorization)
        if ID_TOKEN in words:
            members["id_token"] = self.id_tokens.issue(
                client,
                authorization,
                nonce=state["nonce"],
                access_token=members.get("access_token"),
                code=members.get("code"),
            )
        return members

    def _content(
        self, client: OidcRegistration, authorization: Authorization, state: Mapping[str, Any], session: Session
    ) -> CodeContent:
        lifetime = min(self.codes.lifetime, profile.of(client).longest_code or self.codes.lifetime)
        expires_at = (self.clock.now() + lifetime).timestamp()
        return CodeContent(
            authorization,
            state["redirect_uri"],
            state["code_challenge"],
            state["nonce"],
            expires_at,
            session.id,
            session.member_epoch,
            state.get("dpop_jkt"),
        )

    def _access_token(self, client: OidcRegistration, authorization: Authorization) -> dict[str, str]:
        """RFC 6749 §4.2.2; never with a grant that lasts: whoever reads the address would keep it."""
        scopes = tuple(scope for scope in authorization.scopes if scope != OFFLINE_ACCESS)
        token = self.access_tokens.issue(client, replace(authorization, scopes=scopes), None)
        assert token is not None  # noqa: S101  # nobody revokes a handle that was never used
        lifetime = int(self.access_tokens.lifetime.total_seconds())
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": str(lifetime),
            "scope": " ".join(scopes),
        }

    def _told(self, party: RelyingParty, outcome: SignedIn, address: str | None) -> None:
        now = self.clock.now()
        with self.database.each_alone() as connection:
            record(
                connection,
                Record(
                    now,
                    Action.SIGN_IN_ANSWERED,
                    "member",
                    outcome.session.member_id,
                    party.agency.id,
                    party.id,
                    address,
                    {"acr": outcome.acr, "amr": " ".join(outcome.assurance.amr), "protocol": "oidc"},
                ),
            )
            if outcome.standing.awaits_account:
                report_created(connection, outcome.link.id, party.id, now)


def _authorization(party_id: str, state: Mapping[str, Any], outcome: SignedIn) -> Authorization:
    link = outcome.link
    return Authorization(
        relying_party_id=party_id,
        subject=link.subject,
        link_id=link.id,
        link_version=link.version,
        # What was agreed to for single claims' sake releases these claims and not the whole scope.
        scopes=tuple(sorted(outcome.scopes.difference(state.get("scopes_for_claims", ())))),
        auth_time=epoch_seconds(outcome.assurance.auth_time),
        acr=outcome.acr,
        amr=outcome.assurance.amr,
        sid=outcome.sid or "",
        member_type=outcome.standing.member_kind,
        enterprise_uuid=outcome.standing.enterprise_uuid,
        verified=state.get("verified_claims"),
        asked=covered(state.get("claims"), outcome.standing.consented),
    )
