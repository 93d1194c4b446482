"""The last act: from a draft whose steps are done to a member, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.clock import Clock
from idp.credentials.certificates import RegisteredCertificates
from idp.enrolment.draft import Draft, Kind
from idp.enrolment.drafts import Drafts
from idp.enrolment.guardian_link import GiveLink
from idp.enrolment.guardian_record import GuardianDecision
from idp.enrolment.outcome import Finished
from idp.enrolment.receipts import Receipts
from idp.enrolment.steps import Step, first_open
from idp.errors import BadRequest
from idp.links.accounts import AccountTaken, AgencyAccounts
from idp.links.connect import Connect
from idp.links.former_subjects import FormerSubjects
from idp.links.offered_account import OfferedAccount
from idp.members import store as members
from idp.members.admit import Admit
from idp.members.profile import EnterpriseProfile, PersonProfile
from idp.signals.catalogue import LinkReason
from idp.signin.certificate import credential_of
from idp.storage.database import Database
from idp.terms import answer
from idp.terms.answer import Answers
from idp.terms.current_terms import CurrentTerms
from idp.verification.evidence import Evidence
from idp.verification.kept import kept_of

_ACTOR = "member"


@dataclass(frozen=True, slots=True)
class Finish:
    """Makes the member with everything that was agreed, proven and chosen, or nothing at all."""

    database: Database
    clock: Clock
    drafts: Drafts
    receipts: Receipts
    catalogue: Catalogue
    terms: CurrentTerms
    admit: Admit
    connect: Connect
    accounts: AgencyAccounts
    certificates: RegisteredCertificates
    give_guardian: GiveLink
    former: FormerSubjects
    joined: Callable[[str], object]
    """Told of the new member once it is one; supplied from above."""

    def __call__(self, draft: Draft, *, address: str, language: str) -> Finished:
        """The new member. Of any number of submissions at once one goes on, so one account is made (REQ-18).

        Raises:
            UnderWay: another submission was first.
            BadRequest: a step is still open.
            AlreadyAMember: the 아이디, the person or the 사업자등록번호 was taken meanwhile; the draft lives on.
        """
        terms = self.terms()
        if first_open(draft, terms.edition) is not Step.DONE or draft.kind is None or draft.evidence is None:
            raise BadRequest("a step is still open")
        evidence = Evidence.unpacked(draft.evidence.encode())
        snapshot = self.catalogue.snapshot()
        chosen = [snapshot.of_agency(agency_id) for agency_id in draft.agencies or ()]
        recipients = {"recipients": list(draft.agencies or ())}
        documents = terms.asked_of(draft.kind.value, child=draft.child)
        choices = draft.choices or {}
        if draft.guardian is not None:
            choices = GuardianDecision.unpacked(draft.guardian).allows(choices, documents)
        said = Answers(choices, language, draft.journey.value, address, recipients)
        now, former = self.clock.now(), self.former.ready()
        with self.receipts.claimed(draft), self.database.transaction() as connection:
            owner = self._admit(connection, draft, evidence, now)
            answer.keep(connection, owner[0], documents, said, terms.edition, now)
            before = former.take(connection, draft.kind.value, holder_of(draft.kind, evidence), now)
            agreed = before if draft.tell_former else {}
            parties = [each for each in chosen if each]
            self._connect(connection, owner, draft, evidence, parties, address, agreed)
            if evidence.certificate is not None or draft.kind is Kind.ENTERPRISE:
                # An enterprise signs in by what it joined with (REQ-41).
                self.certificates.register(connection, *owner, credential_of(evidence), name="", at=now)
            if draft.guardian is not None:
                self.give_guardian(connection, *owner, draft.guardian, now)
        returns_to = draft.conversion.relying_party_id if draft.conversion else draft.origin
        finished = Finished(owner[0], draft.journey, draft.kind, draft.sign_in, returns_to)
        # Before the draft goes, so that there is always one of the two.
        self.receipts.keep(draft, finished)
        self.drafts.forget(draft)
        self.joined(finished.member_id)
        return finished

    def _admit(self, connection: Connection, draft: Draft, evidence: Evidence, now: datetime) -> tuple[str, bytes]:
        details, hashed = draft.details or {}, draft.password_hash or ""
        if draft.kind is Kind.PERSON:
            member_id = self.admit.person(connection, person(evidence, details), hashed, at=now, actor=_ACTOR)
        else:
            profile = enterprise(evidence, details, self.admit.new_enterprise_uuid())
            member_id = self.admit.enterprise(connection, profile, hashed, at=now, actor=_ACTOR)
        row = members.find(connection, member_id)
        assert row is not None  # noqa: S101  # admitted in this transaction
        assert row.data_key is not None  # noqa: S101
        return member_id, row.data_key

    def _connect(
        self,
        connection: Connection,
        owner: tuple[str, bytes],
        draft: Draft,
        evidence: Evidence,
        chosen: list[tuple[RelyingParty, ...]],
        address: str,
        former: Mapping[str, str],
    ) -> None:
        conversion, kind = draft.conversion, draft.kind or Kind.PERSON
        holder = holder_of(kind, evidence)
        found = [
            each for each in self.accounts.roster.found(connection, kind.value, holder) if each.id in draft.accounts
        ]
        if len(found) < len(draft.accounts):
            raise AccountTaken("a chosen account was linked meanwhile")
        reason = LinkReason.CONVERSION if conversion is not None else LinkReason.JOINING
        for parties in chosen:
            behind: dict[str, dict[str, OfferedAccount]] = {party.id: {} for party in parties}
            for each in found:
                if each.relying_party_id in behind:
                    behind[each.relying_party_id][each.account.reference] = each.account
            if conversion is not None and conversion.relying_party_id in behind:
                account = OfferedAccount(conversion.account, conversion.display_name, conversion.role)
                behind[conversion.relying_party_id][account.reference] = account
            link = self.connect.inside(
                connection,
                owner[0],
                parties[0],
                parties[0].released,
                parties,
                reason=reason,
                address=address,
                accounts={party_id: list(accounts) for party_id, accounts in behind.items()},
                previous_subject=former.get(parties[0].agency.id),
            )
            for party_id, accounts in behind.items():
                for account in accounts.values():
                    self.accounts.attach(connection, owner, link, party_id, account)


def holder_of(kind: Kind, evidence: Evidence) -> str | None:
    """What tells the verified person, or enterprise, from all others."""
    return evidence.ci if kind is Kind.PERSON else evidence.business_number


def person(evidence: Evidence, details: Mapping[str, str]) -> PersonProfile:
    """A person as verified; only what verification does not know is taken from what was typed (REQ-26)."""
    return PersonProfile(
        login_id=details["login_id"],
        name=evidence.name or "",
        email=details["email"],
        phone=evidence.phone or details["phone"],
        birth_date=evidence.birth_date.isoformat() if evidence.birth_date is not None else None,
        landline=details.get("landline") or None,
        ci=evidence.ci,
        phone_verified=evidence.phone is not None,
        identity_verified=True,
        verification=kept_of(evidence),
    )


def enterprise(evidence: Evidence, details: Mapping[str, str], enterprise_uuid: str) -> EnterpriseProfile:
    """An enterprise whose number was verified; the rest is what it says of itself (requirements C25)."""
    return EnterpriseProfile(
        enterprise_uuid=enterprise_uuid,
        business_number=evidence.business_number or "",
        company_name=details["company_name"],
        representative_name=details["representative_name"],
        founded_on=details["founded_on"],
        email=details["email"],
        phone=details.get("phone") or None,
        login_id=details["login_id"],
        identity_verified=True,
        verification=kept_of(evidence),
    )
