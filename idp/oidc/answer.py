"""From the house's outcome to OpenID Connect's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.agencies.catalogue import Catalogue
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock, epoch_seconds
from idp.links.provisionings import report_created
from idp.oidc.authorization import Authorization
from idp.oidc.authorize import answer_url
from idp.oidc.codes import CodeContent, Codes
from idp.oidc.errors import UntrustedRequest
from idp.sessions.sessions import Sessions
from idp.signin.outcome import Outcome, Reason, Refused, SignedIn
from idp.signin.request import SignInRequest
from idp.storage.database import Database

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
    """Composes the redirect that ends an authorization request."""

    issuer: str
    database: Database
    clock: Clock
    catalogue: Catalogue
    sessions: Sessions
    codes: Codes

    def __call__(self, request: SignInRequest, outcome: Outcome, address: str | None) -> str:
        """The address the browser goes to, with a code or an error.

        Raises:
            UntrustedRequest: the client or its address is no longer registered.
        """
        state = request.protocol_state
        party = self.catalogue.relying_party(request.relying_party_id or "")
        uri = party.oidc.redirect_uri(state["redirect_uri"]) if party is not None and party.oidc is not None else None
        if party is None or uri is None:
            raise UntrustedRequest("the registration changed meanwhile")
        members = (
            _REFUSALS[outcome.reason]
            if isinstance(outcome, Refused)
            else {"code": self._code(party.id, party.agency.id, request, outcome, address)}
        )
        return answer_url(self.issuer, uri, state["state"], members)

    def _code(
        self, party_id: str, agency_id: str, request: SignInRequest, outcome: SignedIn, address: str | None
    ) -> str:
        session, link, now = outcome.session, outcome.link, self.clock.now()
        state: Mapping[str, Any] = request.protocol_state
        authorization = Authorization(
            relying_party_id=party_id,
            subject=link.subject,
            link_id=link.id,
            link_version=link.version,
            scopes=tuple(sorted(outcome.scopes)),
            auth_time=epoch_seconds(outcome.assurance.auth_time),
            acr=outcome.acr,
            amr=outcome.assurance.amr,
            sid=outcome.sid or "",
            member_type=outcome.standing.member_kind,
            enterprise_uuid=outcome.standing.enterprise_uuid,
            verified=state.get("verified_claims"),
        )
        expires_at = (now + self.codes.lifetime).timestamp()
        content = CodeContent(
            authorization,
            state["redirect_uri"],
            state["code_challenge"],
            state["nonce"],
            expires_at,
            session.id,
            session.member_epoch,
        )
        with self.database.each_alone() as connection:
            record(
                connection,
                Record(
                    now,
                    Action.SIGN_IN_ANSWERED,
                    "member",
                    session.member_id,
                    agency_id,
                    party_id,
                    address,
                    {"acr": outcome.acr, "amr": " ".join(outcome.assurance.amr), "protocol": "oidc"},
                ),
            )
            if outcome.standing.awaits_account:
                report_created(connection, link.id, party_id, now)
        return self.codes.issue(content, self.sessions.participation(session, party_id))
