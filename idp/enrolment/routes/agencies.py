"""Steps 5 and 6: which agencies to connect, and the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.agencies.relying_party import Agency
from idp.enrolment.draft import Draft, Journey, Kind
from idp.enrolment.drafts import DraftExpired
from idp.enrolment.finish import Finish
from idp.enrolment.outcome import Finished
from idp.enrolment.routes.wizard import Wizard
from idp.enrolment.steps import Step
from idp.links.accounts import AgencyAccounts, FoundAccount
from idp.members.admit import AlreadyAMember
from idp.signin.start_session import StartSession
from idp.storage.database import Database
from idp.verification.evidence import Evidence
from idp.web.browser import address
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class AgenciesStep:
    """유관기관 계정 연결, 전환완료 / 회원가입 완료."""

    wizard: Wizard
    database: Database
    accounts: AgencyAccounts
    finish: Finish
    start_session: StartSession

    def show(self, draft: Draft) -> ResponseReturnValue:
        """Step 5 (REQ-31, 32). Nothing is ticked beforehand but the agency the member came from (C16)."""
        agencies, found = self._agencies(), self._found(draft)
        origin = self.wizard.origin(draft)
        came_from = origin.agency.id if origin is not None else None
        if request.method == "GET":
            chosen = draft.agencies if draft.agencies is not None else tuple(filter(None, [came_from]))
            return self._page(draft, agencies, found, chosen)
        connectable = {agency.id for agency, open_ in agencies if open_}
        chosen = tuple(each for each in dict.fromkeys(request.form.getlist("agency")) if each in connectable)
        if came_from is not None and came_from in connectable and came_from not in chosen:
            failure = _(
                "%(name)s은(는) 이용하던 기관이므로 연결에서 뺄 수 없습니다.", name=origin.agency.name if origin else ""
            )
            return self._page(draft, agencies, found, (*chosen, came_from), failure=failure), 400
        ticked = {each.id for each in found if each.id in request.form.getlist("account")}
        draft = self.wizard.changed(draft, agencies=chosen, accounts=tuple(sorted(ticked)))
        return self._finish(draft, agencies, found)

    def done(self, draft_id: str) -> ResponseReturnValue:
        """Step 6 (REQ-34, 35)."""
        finished = self.finish.finished(draft_id, self.wizard.browser.marked())
        if finished is None:
            draft = self.wizard.draft(draft_id)
            return self.wizard.elsewhere(draft, Step.DONE) or self.wizard.to(draft, Step.AGENCIES)
        draft = Draft(draft_id, "", self.wizard.clock.now(), finished.journey, finished.kind)
        return self.wizard.page("done.html", draft, Step.DONE, finished=finished, **self._way_on(finished))

    def _finish(
        self, draft: Draft, agencies: Sequence[tuple[Agency, bool]], found: Sequence[FoundAccount]
    ) -> ResponseReturnValue:
        mark = self.wizard.browser.mark()
        try:
            finished = self.finish(draft, address=address(request), language="ko")
        except AlreadyAMember as refusal:
            return self._taken(draft, refusal, agencies, found)
        except DraftExpired:
            # A second click came while the first was at work; its page is the same.
            return self.wizard.to(draft, Step.DONE)
        self.finish.receipt(draft, finished, mark)
        response = see_other(url_for("enrolment.step", draft_id=draft.id, number=int(Step.DONE)))
        if finished.journey is Journey.CONVERT:
            # [유관기관 서비스로 이동하기] arrives signed in (REQ-35): who they are was proven minutes ago.
            evidence = Evidence.unpacked((draft.evidence or "").encode())
            cookie = self.start_session(finished.member_id, evidence, former=self.wizard.browser.session_cookie())
            self.wizard.browser.signed_in(response, cookie)
        return response

    def _taken(
        self,
        draft: Draft,
        refusal: AlreadyAMember,
        agencies: Sequence[tuple[Agency, bool]],
        found: Sequence[FoundAccount],
    ) -> ResponseReturnValue:
        if refusal.taken == "login_id":
            self.wizard.changed(draft, checked_login_id=None, details=None, password_hash=None)
            return self.wizard.to(draft, Step.DETAILS)
        failure = _("이미 통합회원으로 가입되어 있습니다. 로그인해 주세요.")
        return self._page(draft, agencies, found, draft.agencies or (), failure=failure), 409

    def _agencies(self) -> list[tuple[Agency, bool]]:
        """Every agency, and whether it can be connected: only one with a relying party can receive a member."""
        snapshot = self.wizard.catalogue.snapshot()
        return [(agency, bool(snapshot.of_agency(agency.id))) for agency in snapshot.agencies.values()]

    def _found(self, draft: Draft) -> list[FoundAccount]:
        """Accounts that agencies offered for the person or enterprise just verified."""
        evidence = Evidence.unpacked((draft.evidence or "").encode())
        holder = evidence.ci if draft.kind is Kind.PERSON else evidence.business_number
        with self.database.reading() as connection:
            return self.accounts.found(connection, (draft.kind or Kind.PERSON).value, holder)

    def _way_on(self, finished: Finished) -> dict[str, object]:
        party = self.wizard.catalogue.relying_party(finished.returns_to) if finished.returns_to is not None else None
        start = party.initiate_login_uri if party is not None else None
        sign_in = f"/signin/{finished.sign_in}" if finished.sign_in is not None else "/account/"
        return {"service_url": start.value if start is not None else "/account/agencies", "sign_in_url": sign_in}

    def _page(
        self,
        draft: Draft,
        agencies: Sequence[tuple[Agency, bool]],
        found: Sequence[FoundAccount],
        chosen: Sequence[str],
        *,
        failure: str | None = None,
    ) -> str:
        snapshot = self.wizard.catalogue.snapshot()
        by_agency: dict[str, list[FoundAccount]] = {}
        for each in found:
            party = snapshot.relying_parties.get(each.relying_party_id)
            if party is not None:
                by_agency.setdefault(party.agency.id, []).append(each)
        origin = self.wizard.origin(draft)
        return self.wizard.page(
            "agencies.html",
            draft,
            Step.AGENCIES,
            agencies=agencies,
            found=by_agency,
            chosen=set(chosen),
            came_from=origin.agency.id if origin is not None else None,
            conversion=draft.conversion,
            failure=failure,
        )
