"""Recovery, wired."""

from __future__ import annotations

from flask import Blueprint

from idp.app.shared import Shared
from idp.house import House
from idp.members.prove_email import ProveEmail
from idp.oidc.grants import revoke_of_member
from idp.recovery.ask_reset_link import AskResetLink
from idp.recovery.disown_device import DisownDevice
from idp.recovery.email_proof import AskForProof, TakeProof
from idp.recovery.find_member import FindMember
from idp.recovery.limits import AskLimits
from idp.recovery.one_time_links import LinkContent, OneTimeLinks
from idp.recovery.recoveries import Recoveries
from idp.recovery.routes.frame import Frame
from idp.recovery.routes.links import LinkPages
from idp.recovery.routes.login_id import FindLoginId
from idp.recovery.routes.new_password import NewPassword
from idp.recovery.routes.pages import RecoveryPages
from idp.recovery.routes.password import ResetPassword
from idp.recovery.set_new_password import SetNewPassword
from idp.signin.greet_device import GreetDevice


def recovery_pages(house: House, shared: Shared) -> Blueprint:
    """아이디 찾기, 비밀번호 재설정, and where the letters' links lead."""
    settings = house.settings.recovery
    limits = AskLimits(house.store, house.digester, settings)
    recoveries = Recoveries(house.store, house.cipher, house.randomness, settings.reset_link)
    frame = Frame(recoveries, limits, shared.verification, shared.pending, shared.browser)
    find = FindMember(house.database, house.clock, house.directory, settings.whole_login_id, shared.renew_kept)
    reset_links = OneTimeLinks(house.store, house.randomness, "reset-link", settings.reset_link)
    ask_link = AskResetLink(house.database, house.clock, house.directory, reset_links, limits, shared.inform)
    set_new_password = SetNewPassword(
        house.database,
        house.clock,
        house.directory,
        house.hasher,
        shared.limits,
        shared.inform,
        revoke_of_member,
        shared.tell_agencies,
    )
    new_password = NewPassword(frame, set_new_password)
    take_proof = TakeProof(
        _proof_links(house), ProveEmail(house.database, house.clock, house.directory, shared.tell_agencies)
    )
    disown = DisownDevice(house.database, house.clock, shared.factors.devices, shared.tell_agencies, revoke_of_member)
    return RecoveryPages(
        FindLoginId(frame, find),
        ResetPassword(frame, find, ask_link, settings.by_email, new_password),
        LinkPages(frame, reset_links, new_password, take_proof, _not_me_links(house), disown),
    ).blueprint()


def ask_for_proof(house: House, shared: Shared) -> AskForProof:
    """For whoever learns a member's e-mail address."""
    return AskForProof(house.database, house.clock, house.directory, _proof_links(house), shared.inform)


def _proof_links(house: House) -> OneTimeLinks:
    return OneTimeLinks(house.store, house.randomness, "email-proof", house.settings.recovery.proof_link)


def _not_me_links(house: House) -> OneTimeLinks:
    return OneTimeLinks(house.store, house.randomness, "not-me", house.settings.second_step.not_me_link)


def greet_device(house: House, shared: Shared) -> GreetDevice:
    """For whoever signs members in: the letter about a new device leads to a page of ours."""
    links = _not_me_links(house)

    def make_link(member_id: str, device_id: str) -> str:
        return "/recovery/not-me/" + links.make(LinkContent(member_id, 0, device_id=device_id))

    return GreetDevice(
        house.database,
        house.clock,
        house.randomness,
        shared.factors.devices,
        shared.inform,
        make_link,
        house.settings.second_step.new_device_letter,
    )
