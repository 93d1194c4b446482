"""What a member sees who comes to convert: sign in, agree, and the account is theirs (REQ-05, REQ-36)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.agencies.relying_party import RelyingParty
from idp.crypto.digests import same
from idp.enrolment.convert_member import ConvertMember, NothingToConvert, NotThisMember
from idp.enrolment.draft import Draft, Kind
from idp.enrolment.receipts import UnderWay
from idp.enrolment.routes.wizard import Wizard
from idp.enrolment.steps import Step
from idp.errors import NotFound
from idp.links.accounts import AccountTaken
from idp.links.attach import EndedSince
from idp.links.state import NoSuchStep
from idp.signin.desk import SignInDesk
from idp.signin.pending import Pending
from idp.signin.released_items import items
from idp.signin.request import SignInRequest
from idp.signin.visitor import Visitor, Visitors
from idp.web.browser import address
from idp.web.masking import mask_name
from idp.web.redirects import see_other

ANSWER_PATH = "/join/member/answer"


@dataclass(frozen=True, slots=True)
class ConvertMemberPages:
    """이미 통합회원인 사람의 전환."""

    wizard: Wizard
    convert: ConvertMember
    desk: SignInDesk
    visitors: Visitors

    def show(self, draft_id: str) -> ResponseReturnValue:
        """Who is there decides what is shown: the way to sign in, or what they agree to."""
        draft = self.wizard.draft(draft_id)
        try:
            party = self.convert.party(draft)
        except NothingToConvert:
            return self.wizard.elsewhere(draft, Step.DONE) or self.wizard.to(draft, Step.IDENTITY)
        visitor = self.visitors.find(self.wizard.browser.session_cookie())
        if request.method == "GET":
            return self._page(draft, party, visitor)
        match request.form.get("action"):
            case "anew":
                return self.wizard.to(self.wizard.changed(draft, member=None), Step.TYPE)
            case "sign_in":
                return self._sign_in(draft, visitor)
            case "accept" if visitor is not None and self._shown_to(visitor):
                return self._accept(draft, party, visitor)
        return self._page(draft, party, visitor), 409

    def answer(self, pending_id: str) -> ResponseReturnValue:
        """Back from signing in."""
        browser = self.wizard.browser
        collected = self.desk.collect(pending_id, browser.marked(), browser.session_cookie(), answer_path=ANSWER_PATH)
        if isinstance(collected, Pending):
            return see_other(f"/signin/{collected.id}")
        return see_other(_address(collected[0].protocol_state["draft"]))

    def _sign_in(self, draft: Draft, visitor: Visitor | None) -> ResponseReturnValue:
        another = visitor is not None and visitor.session.member_id != draft.member
        question = SignInRequest(None, ANSWER_PATH, must_reauthenticate=another, protocol_state={"draft": draft.id})
        begun = self.desk.begin(question, self.wizard.browser.session_cookie(), self.wizard.browser.mark)
        if not isinstance(begun, Pending):
            return see_other(_address(draft.id))
        tab = "enterprise" if draft.kind is Kind.ENTERPRISE else None
        return see_other(url_for("signin.show", pending_id=begun.id, type=tab))

    def _accept(self, draft: Draft, party: RelyingParty, visitor: Visitor) -> ResponseReturnValue:
        try:
            self.convert(draft, visitor.session.member_id, address=address(request))
        except UnderWay:
            # A second click came while the first was at work; its page is the same.
            return self.wizard.to(draft, Step.DONE)
        except NotThisMember:
            return self._page(draft, party, visitor), 409
        except (AccountTaken, EndedSince, NoSuchStep) as refusal:
            return self._page(draft, party, visitor, _why_not(refusal)), 409
        except (NothingToConvert, NotFound):
            # Withdrawn in another window, or the relying party is registered no more: nothing is left to be agreed to.
            return self.wizard.to(self.wizard.changed(draft, member=None), Step.IDENTITY)
        return self.wizard.to(draft, Step.DONE)

    def _page(self, draft: Draft, party: RelyingParty, visitor: Visitor | None, failure: str | None = None) -> str:
        own = visitor is not None and visitor.session.member_id == draft.member
        kind = draft.kind or Kind.PERSON
        return render_template(
            "enrolment/member.html",
            form_action=_address(draft.id),
            agency=party.agency,
            account=draft.conversion.display_name if draft.conversion is not None else "",
            person=kind is Kind.PERSON,
            member_name=mask_name(visitor.profile.display_name) if visitor is not None else "",
            state="own" if own else "nobody" if visitor is None else "another",
            items=items(party.released, person=kind is Kind.PERSON),
            shown_to=self.desk.sessions.handle(visitor.session) if visitor is not None else "",
            # Step 2 lies before the verification; whoever came here without it came with a session.
            came_signed_in=draft.choices is None,
            previous=url_for("enrolment.step", draft_id=draft.id, number=int(Step.IDENTITY)),
            failure=failure,
        )

    def _shown_to(self, visitor: Visitor) -> bool:
        """Whether the page that was posted was made for who is signed in now."""
        return same(request.form.get("shown_to", ""), self.desk.sessions.handle(visitor.session))


def _address(draft_id: str) -> str:
    return url_for("enrolment.member", draft_id=draft_id)


def _why_not(refusal: AccountTaken | EndedSince | NoSuchStep) -> str:
    if isinstance(refusal, AccountTaken):
        taken: str = _("이 계정은 이미 다른 통합회원에 연결되어 있습니다. 이용하던 기관에 문의해 주세요.")
        return taken
    if isinstance(refusal, EndedSince):
        ended: str = _(
            "이 요청을 시작한 뒤에 그 기관과의 계정 연결이 중단되었습니다. 연결하려면 그 기관에서 다시 시작해 주세요."
        )
        return ended
    held: str = _("이 기관과의 계정 연결이 정지되어 있어 계정을 추가할 수 없습니다. 그 기관에 문의해 주세요.")
    return held
