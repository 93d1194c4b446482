"""What a guardian sees later: `/guardian/rights/<token>`. Before they have verified, nothing about any child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.crypto.digests import secret_digest
from idp.enrolment.guardian_decide import Relation
from idp.enrolment.guardian_request import LinkIsOver
from idp.enrolment.guardian_rights import Barred, GuardiansRights
from idp.enrolment.routes.guardian import relations
from idp.errors import TooManyAttempts
from idp.storage.expiring import ExpiringStore
from idp.verification.desk import MethodNotOffered, VerificationDesk
from idp.verification.evidence import Holder
from idp.verification.request import VerificationRequest
from idp.verification.transactions import BoundElsewhere, PageExpired
from idp.web.browser import Browser, address
from idp.web.errors import error_page
from idp.web.get_only import get_only
from idp.web.masking import mask_name
from idp.web.redirects import see_other
from idp.web.translations import language

PURPOSE = "guardian_rights"
_LOOKS_FOR = timedelta(minutes=10)
_VERIFIED, _DONE = b"verified", b"deleted"


@dataclass(frozen=True, slots=True)
class GuardianRightsPages:
    """Has the guardian verified, then shows, and does what they ask. What they may is kept for this browser alone."""

    rights: GuardiansRights
    verification: VerificationDesk
    store: ExpiringStore
    browser: Browser

    def blueprint(self) -> Blueprint:
        """The pages under `/guardian/rights`."""
        pages = Blueprint("guardian_rights", __name__, template_folder="../templates", url_prefix="/guardian/rights")
        get_only(pages)
        pages.add_url_rule("/<token>", view_func=self.show, methods=["GET", "POST"])
        pages.add_url_rule("/<token>/verified", endpoint="verified", view_func=self.verified)
        return pages

    def show(self, token: str) -> ResponseReturnValue:
        """The way to be verified; once verified, what was agreed to and what can be done about it."""
        may = self._may(token)
        if may == _DONE:
            return render_template("enrolment/guardian_rights_done.html")
        try:
            self.rights.child(token)
            if may != _VERIFIED:
                return self._begin(token) if request.method == "POST" else self._door(token)
            return self._act(token) if request.method == "POST" else self._agreed(token)
        except LinkIsOver:
            return _over()

    def verified(self, token: str) -> ResponseReturnValue:
        """Back from the method: whether this is the guardian who agreed."""
        here = see_other(url_for("guardian_rights.show", token=token))
        tx_id, mark = request.args.get("verification"), self.browser.marked()
        if tx_id is None or mark is None:
            return here
        try:
            evidence = self.verification.collect(tx_id, mark, PURPOSE, secret_digest(token))
            barred = self.rights.why_barred(token, evidence, address=address(request))
        except (PageExpired, BoundElsewhere):
            # Collected before: somebody went back to this address.
            return here
        except LinkIsOver:
            return _over()
        if barred is not None:
            return self._door(token, _why(barred)), 409
        self.store.put(_key(token, mark), _VERIFIED, _LOOKS_FOR)
        return here

    def _act(self, token: str) -> ResponseReturnValue:
        here = see_other(url_for("guardian_rights.show", token=token))
        match request.form.get("action"):
            case "withdraw_one":
                chosen = request.form.get("document", "")[:64]
                self.rights.withdraw_one(token, chosen, address=address(request), language=language())
            case "delete":
                child = mask_name(self.rights.agreed(token).child)
                form_action = url_for("guardian_rights.show", token=token)
                return render_template("enrolment/guardian_rights_delete.html", child=child, form_action=form_action)
            case "delete_for_good":
                self.rights.delete(token, address=address(request))
                self.store.put(_key(token, self.browser.mark()), _DONE, _LOOKS_FOR)
        return here

    def _begin(self, token: str) -> ResponseReturnValue:
        back = url_for("guardian_rights.verified", token=token)
        asking = VerificationRequest(PURPOSE, Holder.PERSON, secret_digest(token), back)
        method, mark = request.form.get("method", ""), self.browser.mark()
        try:
            return see_other(self.verification.begin(method, asking, mark, address=address(request)))
        except MethodNotOffered:
            return self._door(token, _("본인확인 방법을 선택해 주세요.")), 400
        except TooManyAttempts as refusal:
            failure = _(
                "본인확인을 너무 여러 번 시작했습니다. %(minutes)s분 뒤에 다시 시도해 주세요.", minutes=refusal.minutes
            )
            return self._door(token, failure), 429, {"Retry-After": str(refusal.retry_after)}

    def _door(self, token: str, failure: str | None = None) -> str:
        return render_template(
            "enrolment/guardian_rights_door.html",
            form_action=url_for("guardian_rights.show", token=token),
            methods=self.verification.methods(Holder.PERSON),
            failure=failure,
        )

    def _agreed(self, token: str) -> str:
        agreed = self.rights.agreed(token)
        return render_template(
            "enrolment/guardian_rights.html",
            form_action=url_for("guardian_rights.show", token=token),
            child=mask_name(agreed.child),
            decided_at=datetime.fromisoformat(agreed.decision.decided_at),
            relation=relations()[Relation(agreed.decision.relation)],
            documents=agreed.documents,
            language=language(),
        )

    def _may(self, token: str) -> bytes | None:
        mark = self.browser.marked()
        return self.store.get(_key(token, mark)) if mark is not None else None


def _key(token: str, mark: str) -> str:
    return f"guardian-rights:{secret_digest(token)}:{secret_digest(mark)}"


def _why(barred: Barred) -> str:
    said: Mapping[Barred, str] = {
        Barred.SOMEBODY_ELSE: _(
            "이 링크를 받은 법정대리인 본인으로 확인되지 않았습니다. 동의할 때 본인확인한 분이 확인해 주세요."
        ),
        Barred.GROWN: _("회원이 만 14세가 되어 이제 본인이 직접 동의하고 관리합니다."),
    }
    return said[barred]


def _over() -> ResponseReturnValue:
    return error_page(
        404,
        title=_("사용할 수 없는 링크입니다"),
        sentence=_("주소가 다르거나, 더 이상 관리할 내용이 없는 링크입니다."),
        next_steps=[_("메시지에 있는 링크를 처음부터 끝까지 그대로 열어 주세요.")],
    )
