"""The web application. Owns the wiring: the one place where rooms are put together. May not decide anything."""

from __future__ import annotations

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from idp import outbox_viewer
from idp.agencies.machine_client import CLIENT_CREDENTIALS
from idp.app.account import account_pages, receipt_pages
from idp.app.agency_api import agency_api
from idp.app.authorization_requests import AuthorizationRequests
from idp.app.clients import Clients, known_clients
from idp.app.event_streams import event_stream_doors
from idp.app.joining import enrolment_pages, verification_pages
from idp.app.machine_callers import possession, proven_keys
from idp.app.recovery import recovery_pages
from idp.app.registration import registration_doors
from idp.app.shared import Shared, share
from idp.app.sign_in import logo_pages, sign_in_pages, signed_out_pages
from idp.app.token_state import access_tokens, token_state_doors
from idp.health import health
from idp.house import House, build
from idp.links.accounts import AgencyAccounts
from idp.oidc.answer import Answer
from idp.oidc.authorization_response import Respond
from idp.oidc.code_grant import CodeGrant
from idp.oidc.codes import Codes
from idp.oidc.discovery import PublishedKeys, discovery_paths, document
from idp.oidc.end_session import ReadLogout
from idp.oidc.id_token import IdTokens
from idp.oidc.id_token_hint import ReadHint
from idp.oidc.issue import Issue
from idp.oidc.machine_grant import MachineGrant
from idp.oidc.machine_tokens import MachineTokens
from idp.oidc.member_claims import MemberClaims
from idp.oidc.refresh_grant import RefreshGrant
from idp.oidc.routes import cross_origin
from idp.oidc.routes.back_channel import BackChannel
from idp.oidc.routes.front_channel import FrontChannel
from idp.oidc.tell_client import TellClient
from idp.oidc.userinfo import UserInfo
from idp.oidc.userinfo_answer import AnswerUserInfo
from idp.oidc.verified_claims import Told
from idp.saml.answer import Answer as SamlAnswer
from idp.saml.conclude import Conclude
from idp.saml.identity import Identity
from idp.saml.idp_metadata import IdpMetadata
from idp.saml.receive_request import ReceiveRequest
from idp.saml.registration import Registrations
from idp.saml.routes import SamlDoor
from idp.saml.signing import Signing
from idp.settings import Settings
from idp.web import install
from idp.web.ready import ReadyAnswers


def create_app(settings: Settings, *, instead: House | None = None) -> Flask:
    """The application of `settings`; a test gives a house of its own `instead`.

    Raises:
        ConfigurationError: settings, keys or a file they name cannot be used.
    """
    house = instead or build(settings)
    app = Flask("idp", static_folder=None)
    app.secret_key = house.secret_key
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    install(app, settings, randomness=house.randomness)
    discovery = document(
        settings.issuer,
        require_pushed=settings.authorization.require_pushed,
        registration=settings.registration.enabled,
        certificates=settings.client_certificates,
    )
    shared, known, keys = share(house), known_clients(house), PublishedKeys(house.keyring)
    tell, requests = TellClient(house.keyring, known.keys), AuthorizationRequests(house, known)
    for doors in (
        sign_in_pages(house, shared),
        logo_pages(house),
        signed_out_pages(shared),
        _front_channel(house, shared, tell, requests),
        requests.door(),
        _back_channel(house, discovery, keys, tell, known),
        token_state_doors(house, known, tell),
        _saml(house, shared),
        *verification_pages(shared),
        *enrolment_pages(house, shared),
        recovery_pages(house, shared),
        account_pages(house, shared),
        receipt_pages(house),
        *event_stream_doors(house),
        agency_api(house),
        *registration_doors(house),
        health(house),
    ):
        app.register_blueprint(doors)
    if outbox_viewer.shown(settings):
        app.register_blueprint(outbox_viewer.OutboxViewer.of(settings).blueprint())
    cross_origin.install(app, house.catalogue)
    ready = {**dict.fromkeys(discovery_paths(settings.issuer), lambda: discovery), "/oidc/jwks": keys.document}
    app.wsgi_app = ReadyAnswers(app.wsgi_app, ready)  # type: ignore[method-assign]
    return app


def _codes(house: House) -> Codes:
    return Codes(house.store, house.randomness, house.settings.tokens.code)


def _id_tokens(house: House, tell: TellClient) -> IdTokens:
    member_claims = MemberClaims(house.database, house.directory)
    return IdTokens(house.settings.issuer, house.clock, tell, member_claims, house.settings.tokens.id_token)


def _front_channel(house: House, shared: Shared, tell: TellClient, requests: AuthorizationRequests) -> Blueprint:
    issuer = house.settings.issuer
    read_hint, respond = ReadHint(issuer, house.keyring), Respond(issuer, house.clock, tell)
    answer = Answer(
        house.database,
        house.clock,
        house.catalogue,
        shared.sessions,
        house.store,
        _codes(house),
        access_tokens(house),
        _id_tokens(house, tell),
        respond,
    )
    return FrontChannel(
        catalogue=house.catalogue,
        asked_by=requests.asked_by(),
        once=requests.once,
        desk=shared.desk,
        answer=answer,
        respond=respond,
        browser=shared.browser,
        sessions=shared.sessions,
        read_hint=read_hint,
        read_logout=ReadLogout(house.catalogue, read_hint, shared.sessions),
        sign_out=shared.sign_out,
        pending_sign_outs=shared.pending_sign_outs,
        good_bye=shared.good_bye,
    ).blueprint()


def _back_channel(house: House, discovery: bytes, keys: PublishedKeys, tell: TellClient, known: Clients) -> Blueprint:
    tokens, made = house.settings.tokens, access_tokens(house)
    issue = Issue(made, _id_tokens(house, tell))
    code = CodeGrant(house.database, house.clock, house.randomness, _codes(house), issue, tokens.refresh_absolute)
    refresh = RefreshGrant(house.database, house.clock, house.digester, issue, tokens.refresh_idle)
    machine = MachineGrant(MachineTokens(house.store, house.randomness, tokens.machine), house.clock)
    return BackChannel(
        discovery=discovery,
        discovery_paths=discovery_paths(house.settings.issuer),
        keys=keys,
        authenticate=known.authenticate,
        certificate=known.certificate,
        grants={"authorization_code": code, "refresh_token": refresh, CLIENT_CREDENTIALS: machine},
        userinfo=UserInfo(
            house.database,
            made,
            house.directory,
            AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness),
            house.clock,
            Told(house.digester),
            AnswerUserInfo(house.settings.issuer, house.catalogue, tell),
            possession(house),
        ),
        proven_keys=proven_keys(house),
    ).blueprint()


def _saml(house: House, shared: Shared) -> Blueprint:
    identity, registrations, signing = Identity(house.settings.issuer), Registrations(), Signing(house.keyring)
    conclude = Conclude(
        house.database,
        house.clock,
        house.catalogue,
        registrations,
        house.directory,
        shared.sessions,
        house.store,
        SamlAnswer(identity, signing, house.clock, house.randomness),
    )
    return SamlDoor(
        receive=ReceiveRequest(identity, house.catalogue, registrations, house.store, house.clock),
        desk=shared.desk,
        conclude=conclude,
        metadata=IdpMetadata(identity, house.settings.brand.name, signing, house.clock, house.randomness),
        browser=shared.browser,
    ).blueprint()
