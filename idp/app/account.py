"""A member's own pages, wired."""

from __future__ import annotations

from flask import Blueprint

from idp.account.change_password import ChangePassword
from idp.account.confirm_password import ConfirmPassword
from idp.account.end_sessions import EndEverySession
from idp.account.kept_form import KeptForm
from idp.account.last_sign_in import LastSignIn
from idp.account.level_to_change import LevelToChange
from idp.account.own_certificates import OwnCertificates
from idp.account.own_passkeys import OwnPasskeys
from idp.account.own_second_step import OwnSecondStep
from idp.account.pending_secret import PendingSecret
from idp.account.routes.agencies import AgencyPages
from idp.account.routes.certificates import CertificatePages
from idp.account.routes.clock import SessionClock
from idp.account.routes.consents import ConsentPages
from idp.account.routes.email import EmailPages
from idp.account.routes.frame import Frame
from idp.account.routes.history import HistoryPages
from idp.account.routes.pages import AccountPages
from idp.account.routes.passkeys import PasskeyPages
from idp.account.routes.phone import PhonePages
from idp.account.routes.profile import ProfilePages
from idp.account.routes.receipts import ReceiptPages
from idp.account.routes.second_step import SecondStepPages
from idp.account.routes.withdrawal import WithdrawalPages
from idp.app.recovery import ask_for_proof
from idp.app.shared import Shared, leave
from idp.app.sign_in import spare_device
from idp.credentials.certificates import RegisteredCertificates
from idp.egress import Egress
from idp.house import House
from idp.links.stop import StopLink
from idp.members.change_profile import ChangeProfile
from idp.members.leave_later import LeaveLater
from idp.members.prove_phone import ProvePhone
from idp.recovery.limits import AskLimits
from idp.signin.front_channel_logout import FrontChannels
from idp.signin.password import WAY_BACK
from idp.signin.take_code import AddProof
from idp.terms.change_answer import ChangeAnswer
from idp.transmitter.open_applications import OpenApplications


def account_pages(house: House, shared: Shared) -> Blueprint:
    """The pages under `/account`, the start page and the page after signing out."""
    database, clock, randomness, catalogue = house.database, house.clock, house.randomness, house.catalogue
    leaving = house.settings.leaving
    frame = Frame(clock, shared.desk, shared.visitors, shared.browser)
    confirm_password = ConfirmPassword(database, clock, house.hasher, shared.limits, shared.inform)
    factors, level, tell = shared.factors, LevelToChange(database, clock, shared.means), shared.tell_agencies
    front_channels = FrontChannels(catalogue, shared.sessions, house.settings.issuer)
    own = OwnCertificates(database, clock, RegisteredCertificates(house.cipher, randomness), shared.inform, tell)
    own_passkeys = OwnPasskeys(database, clock, factors.ceremonies, factors.passkeys, shared.inform, tell)
    second_step = SecondStepPages(
        frame,
        OwnSecondStep(database, clock, factors.codes, factors.recovery, factors.devices, shared.inform, tell),
        own_passkeys,
        PendingSecret(house.store, house.cipher, factors.codes),
        AddProof(shared.sessions),
        level,
        house.settings.brand.name,
    )
    return AccountPages(
        frame=frame,
        clock=SessionClock(frame, database, shared.sessions),
        profile=ProfilePages(
            frame,
            clock,
            database,
            shared.sessions,
            KeptForm(house.store, house.cipher),
            ChangeProfile(database, clock, house.directory, shared.inform, WAY_BACK, tell),
            confirm_password,
            ChangePassword(database, clock, house.hasher, shared.inform, tell),
            LastSignIn(database),
            ask_for_proof(house, shared),
        ),
        email=EmailPages(
            frame, ask_for_proof(house, shared), AskLimits(house.store, house.digester, house.settings.recovery)
        ),
        phone=PhonePages(frame, shared.verification, ProvePhone(database, clock, house.directory, tell)),
        agencies=AgencyPages(
            frame,
            database,
            catalogue,
            StopLink(database, clock, randomness, catalogue, shared.inform, leaving.receipts),
        ),
        certificates=CertificatePages(frame, own, shared.verification, level),
        second_step=second_step,
        passkeys=PasskeyPages(frame, own_passkeys, second_step),
        consents=ConsentPages(frame, database, catalogue, ChangeAnswer(database, clock, house.terms)),
        history=HistoryPages(
            frame,
            database,
            catalogue,
            shared.sessions,
            shared.sign_out,
            shared.good_bye,
            front_channels,
            EndEverySession(database, clock, tell),
            spare_device(house, shared),
        ),
        withdrawal=WithdrawalPages(
            frame,
            database,
            catalogue,
            shared.sessions,
            front_channels,
            confirm_password,
            leave(house).by(shared.inform),
            leave(house).retention,
            leave(house).former_subjects,
            LeaveLater(database, clock, shared.inform, leaving.cooling_off),
            _open_applications(house),
            house.store,
        ),
        sign_out=shared.sign_out,
        good_bye=shared.good_bye,
    ).blueprint()


def _open_applications(house: House) -> OpenApplications | None:
    leaving = house.settings.leaving
    if not leaving.ask_agencies:
        return None
    egress = Egress.of(house.settings)
    return OpenApplications(house.catalogue, house.cipher, egress, leaving.agencies_patience, leaving.agencies_at_once)


def receipt_pages(house: House) -> Blueprint:
    """What a member keeps of an end, without an account."""
    looks = house.settings.leaving.receipt_looks_per_address
    return ReceiptPages(house.database, house.clock, house.catalogue, house.store, house.digester, looks).blueprint()
