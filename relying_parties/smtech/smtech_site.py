"""The SMTECH site: the shared pages, and signing in by SAML. SAML V2.0 Profiles §4.1."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, redirect, request, session
from flask.typing import ResponseReturnValue
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants

from relying_parties.published_keys import KeysUnavailable
from relying_parties.records import LinkEnded, MemberDisabled, SignedIn
from relying_parties.settings import Settings, from_environment
from relying_parties.site import Site
from relying_parties.smtech.service_provider import IdentityProvider, own_metadata
from relying_parties.website import (
    LINK_ENDED,
    MEMBER_DISABLED,
    NOT_COMPLETED,
    UNREACHABLE,
    go_home,
    open_site,
)

DEFAULTS = Settings(
    name="smtech",
    title="중소기업기술개발사업 종합관리시스템(SMTECH)",
    url="http://127.0.0.1:8103",
    client_id="http://127.0.0.1:8103/saml/metadata",
    idp_metadata_url="http://127.0.0.1:8000/saml/metadata",
    events_authorization="Bearer demo-smtech-events",
)
_ASKED = "saml_request"
_NAMES = ("urn:oid:2.16.840.1.113730.3.1.241", "displayName", "urn:oid:2.5.4.3", "cn", "name")
_SCHEMA = "create table if not exists seen_assertions (id text primary key, expires real not null)"


class NotAnAnswer(Exception):
    """The SAML response does not sign this browser in."""


@dataclass(frozen=True)
class SamlSignIn:
    """The routes."""

    site: Site
    provider: IdentityProvider

    def login(self) -> ResponseReturnValue:
        try:
            toolkit = self._toolkit({})
        except KeysUnavailable:
            return self.site.trouble(UNREACHABLE, 503)
        address = toolkit.login(return_to=f"{self.site.settings.url}/")
        # The answer must be to the question this browser asked: else somebody could sign it in as themselves.
        session[_ASKED] = toolkit.get_last_request_id()
        return redirect(address)

    def assertion_consumer(self) -> ResponseReturnValue:
        try:
            toolkit = self._verified()
        except KeysUnavailable:
            return self.site.trouble(UNREACHABLE, 503)
        except Exception as error:  # noqa: BLE001 - what the toolkit raises on a broken document shares no base class
            # For the site's log only: it names the failed check, and may hold text of the sender's.
            self.site.app.logger.warning("SAML response refused: %s", str(error)[:200].replace("\n", " "))
            return self.site.trouble(NOT_COMPLETED, 400, "invalid_response")
        return self._begin(toolkit)

    def _verified(self) -> Any:
        """The toolkit holding the answer in this request, when it is a good one to this browser's question.

        Raises:
            Exception: it is not.
        """
        asked = session.pop(_ASKED, None)
        if asked is None:
            raise NotAnAnswer("this browser asked nothing")
        toolkit = self._toolkit(request.form.to_dict())
        toolkit.process_response(request_id=asked)
        if toolkit.get_errors() or not toolkit.is_authenticated():
            raise NotAnAnswer(toolkit.get_last_error_reason() or "invalid response")
        if toolkit.get_nameid_format() != Constants.NAMEID_PERSISTENT:
            raise NotAnAnswer("NameID is not persistent")
        if not self._first_use(toolkit.get_last_assertion_id(), toolkit.get_last_assertion_not_on_or_after()):
            raise NotAnAnswer("assertion used before")
        return toolkit

    def metadata(self) -> ResponseReturnValue:
        return Response(own_metadata(self.site.settings), content_type="application/samlmetadata+xml")

    def logout(self) -> ResponseReturnValue:
        """End the session here. The provider's own session, and the other sites', stay."""
        self.site.sign_out()
        return go_home()

    def _begin(self, toolkit: Any) -> ResponseReturnValue:
        attributes = toolkit.get_friendlyname_attributes() | toolkit.get_attributes()
        named = next((attributes[name][0] for name in _NAMES if attributes.get(name)), None)
        arrival = SignedIn(
            # Events name the member by the transmitter's issuer and this same NameID.
            issuer=self.site.settings.issuer,
            subject=toolkit.get_nameid(),
            name=named or "통합회원",
            protocol="SAML 2.0",
            source=self.provider.toolkit_settings()["idp"]["entityId"],
            authenticated_at=toolkit.get_last_assertion_issue_instant(),
            sid=toolkit.get_session_index(),
        )
        try:
            token = self.site.records.sign_in(arrival)
        except LinkEnded:
            return self.site.trouble(LINK_ENDED, 403, "unlinked")
        except MemberDisabled:
            return self.site.trouble(MEMBER_DISABLED, 403, "disabled")
        self.site.begin_session(token)
        return go_home()

    def _first_use(self, assertion_id: str, expires: float | None) -> bool:
        """Whether this assertion was never used here before; python3-saml keeps no memory of its own."""
        now = self.site.records.now()
        with self.site.records.transaction() as connection:
            connection.execute("delete from seen_assertions where expires < ?", (now,))
            # An hour more than it is valid: the toolkit allows some drift of clocks.
            kept_until = (expires or now) + 3600
            try:
                connection.execute("insert into seen_assertions values (?, ?)", (assertion_id, kept_until))
            except sqlite3.IntegrityError:
                return False
        return True

    def _toolkit(self, form: dict[str, str]) -> Any:
        ours = urlsplit(self.site.settings.url)
        seen = {
            "https": "on" if self.site.settings.secure else "off",
            # From our settings, not the Host header: the toolkit compares Destination and Recipient with it.
            "http_host": ours.netloc,
            "script_name": request.path,
            "get_data": {},
            "post_data": form,
        }
        return OneLogin_Saml2_Auth(seen, self.provider.toolkit_settings())


def open_smtech(environment: Mapping[str, str], *, provider: IdentityProvider | None = None) -> Site:
    """The whole site, ready to serve; a test gives a provider of its own."""
    site = open_site(from_environment(DEFAULTS, environment))
    if site.settings.secure:
        # The answer arrives as a form posted from the provider's page: another site's, once both have real names.
        site.app.config["SESSION_COOKIE_SAMESITE"] = "None"
    with site.records.connection() as connection:
        connection.execute(_SCHEMA)
    routes = SamlSignIn(site, provider or IdentityProvider(site.settings))
    site.app.add_url_rule("/login", "login", routes.login)
    site.app.add_url_rule("/logout", "logout", routes.logout, methods=["POST"])
    site.app.add_url_rule("/saml/acs", "assertion_consumer", routes.assertion_consumer, methods=["POST"])
    site.app.add_url_rule("/saml/metadata", "metadata", routes.metadata)
    return site
