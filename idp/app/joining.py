"""Enrolment and verification, wired."""

from __future__ import annotations

from flask import Blueprint

from idp.app.recovery import ask_for_proof
from idp.app.shared import Shared, leave
from idp.credentials.certificates import RegisteredCertificates
from idp.enrolment.conversion_request import ReadConversionRequest
from idp.enrolment.convert_member import ConvertMember
from idp.enrolment.drafts import Drafts
from idp.enrolment.finish import Finish
from idp.enrolment.guardian_ask import AskGuardian
from idp.enrolment.guardian_decide import DecideAsGuardian
from idp.enrolment.guardian_link import GiveLink
from idp.enrolment.guardian_record import GuardianRecords
from idp.enrolment.guardian_request import GuardianRequests
from idp.enrolment.guardian_rights import GuardiansRights
from idp.enrolment.known_member import KnownMember
from idp.enrolment.login_ids import LoginIds
from idp.enrolment.receipts import Receipts
from idp.enrolment.role_table import read as read_roles
from idp.enrolment.routes.agencies import AgenciesStep
from idp.enrolment.routes.conversion import ConversionDoor
from idp.enrolment.routes.convert_member import ConvertMemberPages
from idp.enrolment.routes.details import DetailsStep
from idp.enrolment.routes.guardian import GuardianPages
from idp.enrolment.routes.guardian_rights import GuardianRightsPages
from idp.enrolment.routes.guardian_step import GuardianStep
from idp.enrolment.routes.identity import IdentityStep
from idp.enrolment.routes.pages import EnrolmentPages
from idp.enrolment.routes.type_and_terms import TypeAndTerms
from idp.enrolment.routes.wizard import Wizard
from idp.house import House
from idp.links.accounts import AgencyAccounts
from idp.links.attach import AttachAccount
from idp.links.connect import Connect
from idp.members.admit import Admit
from idp.signin.start_session import StartSession
from idp.terms.change_answer import ChangeAnswer
from idp.verification.routes.pages import VerificationPages
from idp.verification.routes.simulator import SimulatorPages


def verification_pages(shared: Shared) -> list[Blueprint]:
    """The pages of verification; the simulator's beside them where it is on."""
    pages = [VerificationPages(shared.verification, shared.browser).blueprint()]
    if shared.simulator is not None:
        pages.append(SimulatorPages(shared.verification, shared.simulator, shared.browser).blueprint())
    return pages


def enrolment_pages(house: House, shared: Shared) -> list[Blueprint]:
    """The six steps, and the door by which agencies send members to convert."""
    drafts = Drafts(house.store, house.cipher, house.clock, house.randomness, house.settings.enrolment.draft)
    wizard = Wizard(drafts, house.terms, house.catalogue, shared.browser, house.clock)
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    receipts = Receipts(house.store)
    guardians = GuardianRecords(house.cipher, house.randomness)
    connect = Connect(house.database, house.clock, house.randomness, house.catalogue)
    finish = Finish(
        house.database,
        house.clock,
        drafts,
        receipts,
        house.catalogue,
        house.terms,
        Admit(house.randomness, house.directory),
        connect,
        accounts,
        RegisteredCertificates(house.cipher, house.randomness),
        GiveLink(house.randomness, guardians, shared.post),
        leave(house).former_subjects,
        ask_for_proof(house, shared),
    )
    known = KnownMember(house.database, house.directory)
    requests = GuardianRequests(house.store, house.cipher, house.clock)
    ask = AskGuardian(
        house.database,
        house.clock,
        house.randomness,
        drafts,
        requests,
        house.store,
        house.digester,
        shared.post,
        house.settings.enrolment.guardian,
    )
    decide = DecideAsGuardian(house.database, house.clock, drafts, requests, house.digester, shared.post)
    pages = EnrolmentPages(
        wizard=wizard,
        pending=shared.pending,
        type_and_terms=TypeAndTerms(wizard),
        identity=IdentityStep(wizard, shared.verification, known, shared.renew_kept),
        guardian=GuardianStep(wizard, requests, ask),
        details=DetailsStep(wizard, house.hasher, LoginIds(house.database, house.directory), known),
        agencies=AgenciesStep(
            wizard,
            house.database,
            accounts,
            finish,
            StartSession(house.database, house.clock, shared.sessions),
            shared.pending,
            house.settings.enrolment.agencies_ticked,
        ),
        member=ConvertMemberPages(
            wizard,
            ConvertMember(house.catalogue, drafts, receipts, AttachAccount(connect, accounts)),
            shared.desk,
            shared.visitors,
        ),
    )
    roles = read_roles(house.settings.conversion_file)
    read = ReadConversionRequest(house.settings.issuer, house.catalogue, house.store, house.clock, roles)
    guardian = GuardianPages(decide, shared.verification, house.terms, house.store, shared.browser)
    rights = _guardian_rights(house, shared, guardians).blueprint()
    return [pages.blueprint(), guardian.blueprint(), rights, ConversionDoor(read, pages, shared.visitors).blueprint()]


def _guardian_rights(house: House, shared: Shared, guardians: GuardianRecords) -> GuardianRightsPages:
    rights = GuardiansRights(
        house.database,
        house.clock,
        house.digester,
        house.directory,
        guardians,
        ChangeAnswer(house.database, house.clock, house.terms),
        leave(house).by(shared.inform),
    )
    return GuardianRightsPages(rights, shared.verification, house.store, shared.browser)
