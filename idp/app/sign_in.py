"""The sign-in pages, wired."""

from __future__ import annotations

from flask import Blueprint

from idp.app.recovery import greet_device
from idp.app.shared import Shared
from idp.credentials.certificates import RegisteredCertificates
from idp.house import House
from idp.links.connect import Connect
from idp.members.leave_later import Stay
from idp.signin.certificate import SignInByCertificate
from idp.signin.confirm_known import ConfirmKnown
from idp.signin.passkey import UsePasskey
from idp.signin.password import SignInByPassword
from idp.signin.register_at_sign_in import RegisterAtSignIn
from idp.signin.register_certificate import RegisterCertificate
from idp.signin.renew_terms import RenewTerms
from idp.signin.routes.arrive import Arrive
from idp.signin.routes.enterprise import EnterpriseTab
from idp.signin.routes.leaving import LeavingPage
from idp.signin.routes.logo import LogoPage
from idp.signin.routes.pages import SignInPages
from idp.signin.routes.passkey import PasskeyDoor
from idp.signin.routes.second_step import SecondStepPages
from idp.signin.routes.signed_out import SignedOutPages
from idp.signin.routes.step_up import StepUpPages
from idp.signin.routes.unregistered import UnregisteredPages
from idp.signin.spare_device import SpareDevice
from idp.signin.start_session import StartSession
from idp.signin.step_up import StepUp
from idp.signin.take_code import AddProof
from idp.signin.unregistered import Unregistered


def logo_pages(house: House) -> Blueprint:
    """Clients' logos."""
    return LogoPage(house.database).blueprint()


def sign_in_pages(house: House, shared: Shared) -> Blueprint:
    """The pages under `/signin`."""
    database, clock, factors, browser = house.database, house.clock, shared.factors, shared.browser
    certificates = RegisteredCertificates(house.cipher, house.randomness)
    arrive = Arrive(browser, shared.sessions, greet_device(house, shared))
    use_passkey = UsePasskey(
        database, clock, factors.ceremonies, factors.passkeys, shared.sessions, shared.tell_agencies
    )
    second = SecondStepPages(
        shared.desk,
        shared.pending,
        house.directory,
        shared.means,
        factors.take_code,
        use_passkey,
        AddProof(shared.sessions),
        spare_device(house, shared),
        arrive,
        browser,
    )
    step_up = StepUpPages(
        shared.desk,
        shared.pending,
        house.directory,
        shared.means,
        shared.verification,
        StepUp(database, clock, certificates, shared.renew_kept),
        second,
        browser,
    )
    start_session = StartSession(database, clock, shared.sessions)
    by_certificate = SignInByCertificate(database, clock, house.directory, certificates, start_session)
    unregistered = UnregisteredPages(
        shared.pending,
        Unregistered(house.store, house.cipher, house.clock),
        RegisterAtSignIn(
            database,
            clock,
            house.directory,
            certificates,
            ConfirmKnown(database, clock, house.hasher, shared.limits, shared.inform),
            RegisterCertificate(database, clock, certificates, shared.inform, shared.tell_agencies),
            by_certificate,
        ),
        browser,
        arrive,
    )
    enterprise = EnterpriseTab(
        shared.desk, shared.pending, shared.verification, by_certificate, browser, arrive, unregistered
    )
    return SignInPages(
        desk=shared.desk,
        pending=shared.pending,
        sign_in=SignInByPassword(shared.check_password, clock, shared.sessions, factors.second_step),
        by_certificate=enterprise,
        renew=RenewTerms(database, clock, house.terms),
        connect=Connect(database, clock, house.randomness, house.catalogue),
        visitors=shared.visitors,
        sign_out=shared.sign_out,
        pending_sign_outs=shared.pending_sign_outs,
        good_bye=shared.good_bye,
        browser=browser,
        arrive=arrive,
        second=second,
        step_up=step_up,
        passkeys=PasskeyDoor(shared.pending, use_passkey, second, arrive, browser),
        leaving=LeavingPage(shared.desk, shared.pending, browser, Stay(database, clock)),
    ).blueprint()


def signed_out_pages(shared: Shared) -> Blueprint:
    """What is shown after a session ended."""
    return SignedOutPages(shared.good_bye.farewells, shared.browser).blueprint()


def spare_device(house: House, shared: Shared) -> SpareDevice:
    """For the page that spares one, and the one that lists them."""
    lifetime = house.settings.second_step.spared
    return SpareDevice(house.database, house.clock, house.randomness, shared.factors.devices, lifetime)
