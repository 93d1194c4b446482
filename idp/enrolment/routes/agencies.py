"""Steps 5 and 6: which agencies to connect, and the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.agencies.relying_party import Agency
from idp.enrolment.draft import Draft, Journey, Kind
from idp.enrolment.finish import Finish, holder_of
from idp.enrolment.outcome import Finished
from idp.enrolment.receipts import UnderWay
from idp.enrolment.routes.identity import already_known
from idp.enrolment.routes.wizard import Wizard
from idp.enrolment.steps import Step
from idp.links.accounts import AccountTaken, AgencyAccounts
from idp.links.provisionings import Progress, progress
from idp.links.roster_accounts import FoundAccount
from idp.links.told_agencies import connected
from idp.members.admit import AlreadyAMember
from idp.signin.pending import PageExpired, PendingSignIns
from idp.signin.released_items import items
from idp.signin.start_session import StartSession
from idp.storage.database import Database
from idp.verification.evidence import Evidence
from idp.web.browser import address
from idp.web.translations import language


@dataclass(frozen=True, slots=True)
class Card:
    """An agency as step 5 shows it; one without a relying party can be seen but not connected."""

    agency: Agency
    connectable: bool
    items: tuple[str, ...]
    """What it will receive, in the member's words."""
    found: tuple[FoundAccount, ...]
    converts: str | None
    """The account there that is being converted."""


@dataclass(frozen=True, slots=True)
class AgenciesStep:
    """유관기관 계정 연결, 전환완료 / 회원가입 완료."""

    wizard: Wizard
    database: Database
    accounts: AgencyAccounts
    finish: Finish
    start_session: StartSession
    pending: PendingSignIns
    all_ticked: bool = False
    """Whether whoever has not chosen yet finds every agency ticked (C16)."""

    def show(self, draft: Draft) -> ResponseReturnValue:
        """Step 5 (REQ-31, 32). Nothing is ticked beforehand but the agency the member came from, unless the deployment
        wants it otherwise (C16); found accounts never are."""
        cards, came_from = self._cards(draft), self._came_from(draft)
        if request.method == "GET":
            before = draft.agencies if draft.agencies is not None else self._beforehand(cards)
            return self._page(replace(draft, agencies=_with(came_from, before)), cards)
        draft = _chosen(draft, cards)
        if request.form.get("action") == "back":
            return self.wizard.to(self.wizard.changed(draft, agencies=draft.agencies), Step.DETAILS)
        failure = _why_not(draft, cards, came_from)
        if failure is not None:
            return self._page(replace(draft, agencies=_with(came_from, draft.agencies or ())), cards, failure), 400
        return self._finish(draft, cards)

    def done(self, draft_id: str) -> ResponseReturnValue:
        """Step 6 (REQ-33, 34, 35)."""
        here = url_for("enrolment.step", draft_id=draft_id, number=int(Step.DONE))
        try:
            finished = self.finish.receipts.finished(draft_id, self.wizard.browser.marked())
        except UnderWay:
            return render_template("enrolment/moment.html", here=here)
        if finished is None:
            draft = self.wizard.draft(draft_id)
            return self.wizard.elsewhere(draft, Step.DONE) or self.wizard.to(draft, Step.AGENCIES)
        draft = Draft(draft_id, "", self.wizard.clock.now(), finished.journey, finished.kind)
        snapshot = self.wizard.catalogue.snapshot()
        with self.database.reading() as connection:
            accounts = progress(connection, finished.member_id)
            told = [
                (snapshot.agencies[agency_id].name, heard, accounts.get(agency_id))
                for agency_id, heard in connected(connection, finished.member_id)
                if agency_id in snapshot.agencies
            ]
        waiting = any(not heard or how_far is Progress.REQUESTED for _name, heard, how_far in told)
        return self.wizard.page(
            "done.html",
            draft,
            Step.DONE,
            agencies=told,
            way_on=self._way_on(finished),
            waiting=waiting,
            here=here,
        )

    def _finish(self, draft: Draft, cards: Sequence[Card]) -> ResponseReturnValue:
        try:
            finished = self.finish(draft, address=address(request), language=language())
        except UnderWay:
            # A second click came while the first was at work; its page is the same.
            return self.wizard.to(draft, Step.DONE)
        except AlreadyAMember as refusal:
            if refusal.taken == "login_id":
                return self.wizard.to(
                    self.wizard.changed(draft, checked_login_id=None, details=None, password_hash=None), Step.DETAILS
                )
            failure, way_on = already_known(Evidence.unpacked((draft.evidence or "").encode()))
            return self._page(draft, cards, failure, way_on), 409
        except AccountTaken:
            failure = _(
                "전환하거나 선택한 기존 계정이 이미 다른 통합회원에 연결되어 있습니다. "
                "선택을 바꾸고 다시 시도하거나 그 기관에 문의해 주세요."
            )
            return self._page(draft, cards, failure), 409
        response = self.wizard.to(draft, Step.DONE)
        if finished.journey is Journey.CONVERT:
            # [유관기관 서비스로 이동하기] arrives signed in (REQ-35): who they are was proven minutes ago.
            evidence = Evidence.unpacked((draft.evidence or "").encode())
            former = self.wizard.browser.session_cookie()
            cookie = self.start_session(finished.member_id, evidence, address=address(request), former=former)
            self.wizard.browser.signed_in(response, cookie)
        return response

    def _cards(self, draft: Draft) -> list[Card]:
        snapshot, evidence = self.wizard.catalogue.snapshot(), Evidence.unpacked((draft.evidence or "").encode())
        kind, conversion = draft.kind or Kind.PERSON, draft.conversion
        holder = holder_of(kind, evidence)
        with self.database.reading() as connection:
            found = self.accounts.roster.found(connection, kind.value, holder)
        if conversion is not None:
            # It is put behind the link in any case.
            converts = (conversion.relying_party_id, conversion.account)
            found = [each for each in found if (each.relying_party_id, each.account.reference) != converts]
        cards = []
        for agency in snapshot.agencies.values():
            parties = snapshot.of_agency(agency.id)
            here = {party.id for party in parties}
            cards.append(
                Card(
                    agency,
                    bool(parties),
                    tuple(item for item, _purpose in items(parties[0].released, person=kind is Kind.PERSON))
                    if parties
                    else (),
                    tuple(each for each in found if each.relying_party_id in here),
                    conversion.display_name if conversion is not None and conversion.relying_party_id in here else None,
                )
            )
        return cards

    def _known_before(self, draft: Draft) -> list[str]:
        """The names of the agencies that could be told under which subject they knew this person or enterprise."""
        kind, evidence = draft.kind or Kind.PERSON, Evidence.unpacked((draft.evidence or "").encode())
        snapshot = self.wizard.catalogue.snapshot()
        former = self.finish.former.ready()
        with self.database.reading() as connection:
            known = former.known(connection, kind.value, holder_of(kind, evidence), self.wizard.clock.now())
        return [agency.name for agency in snapshot.agencies.values() if agency.id in known]

    def _beforehand(self, cards: Sequence[Card]) -> tuple[str, ...]:
        return tuple(card.agency.id for card in cards if card.connectable) if self.all_ticked else ()

    def _came_from(self, draft: Draft) -> str | None:
        origin = self.wizard.origin(draft)
        return origin.agency.id if origin is not None else None

    def _way_on(self, finished: Finished) -> str:
        """Where the last page's button leads: to the service that was converted for, or to signing in."""
        party = self.wizard.catalogue.relying_party(finished.returns_to) if finished.returns_to is not None else None
        start = party.initiate_login_uri.value if party is not None and party.initiate_login_uri is not None else None
        if finished.journey is Journey.CONVERT:
            return start or "/account/agencies"
        try:
            pending = self.pending.get(finished.sign_in or "", self.wizard.browser.marked())
        except PageExpired:
            # The sign-in they came from did not wait that long; the relying party starts another one.
            return start or "/account/"
        tab = "enterprise" if finished.kind is Kind.ENTERPRISE else None
        return url_for("signin.show", pending_id=pending.id, type=tab)

    def _page(
        self,
        draft: Draft,
        cards: Sequence[Card],
        failure: str | None = None,
        way_on: tuple[str, str] | None = None,
    ) -> str:
        return self.wizard.page(
            "agencies.html",
            draft,
            Step.AGENCIES,
            cards=cards,
            chosen=draft.agencies or (),
            ticked=draft.accounts,
            known_before=self._known_before(draft),
            tell_former=draft.tell_former,
            came_from=self._came_from(draft),
            failure=failure,
            way_on=way_on,
        )


def _with(came_from: str | None, chosen: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*chosen, *([came_from] if came_from is not None else [])]))


def _chosen(draft: Draft, cards: Sequence[Card]) -> Draft:
    """The draft with what was ticked, as far as it was there to be ticked."""
    agencies, accounts = request.form.getlist("agency"), request.form.getlist("account")
    return replace(
        draft,
        agencies=tuple(card.agency.id for card in cards if card.connectable and card.agency.id in agencies),
        accounts=tuple(each.id for card in cards for each in card.found if each.id in accounts),
        tell_former=request.form.get("tell_former") == "yes",
    )


def _why_not(draft: Draft, cards: Sequence[Card], came_from: str | None) -> str | None:
    """Why these cannot be connected as they are ticked."""
    chosen = draft.agencies or ()
    for card in cards:
        if card.agency.id in chosen:
            continue
        if card.agency.id == came_from:
            needed: str = _("%(name)s은(는) 이용하던 기관이므로 연결에서 뺄 수 없습니다.", name=card.agency.name)
            return needed
        if any(each.id in draft.accounts for each in card.found):
            apart: str = _("%(name)s의 기존 계정을 연결하려면 그 기관도 함께 선택해 주세요.", name=card.agency.name)
            return apart
    return None
