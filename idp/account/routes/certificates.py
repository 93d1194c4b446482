"""인증서 관리 (REQ-42, C12)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.account.forms import CertificateNameForm, CertificateRemovalForm
from idp.account.level_to_change import LevelToChange
from idp.account.own_certificates import LastCertificate, OwnCertificates
from idp.account.routes.frame import Frame
from idp.credentials.certificates import AlreadyRegistered
from idp.members.profile import EnterpriseProfile
from idp.signin.certificate import METHODS
from idp.signin.register_at_sign_in import RENEWAL
from idp.signin.register_certificate import TooManyCertificates
from idp.signin.visitor import Visitor
from idp.verification.desk import MethodNotOffered, VerificationDesk
from idp.verification.evidence import Holder
from idp.verification.offers import OfferedMethod
from idp.verification.request import VerificationRequest
from idp.verification.transactions import BoundElsewhere, PageExpired
from idp.web.browser import address
from idp.web.redirects import see_other

PURPOSE = "certificate"
_OF_A_PERSON = ("joint_certificate",)
_LIST = "account.certificates"


@dataclass(frozen=True, slots=True)
class CertificatePages:
    """Registering, naming and removing; each after having proven lately who it is."""

    frame: Frame
    own: OwnCertificates
    verification: VerificationDesk
    level: LevelToChange

    def show(self) -> ResponseReturnValue:
        """What is registered."""
        return self._page(self.frame.visitor("certificates"))

    def register(self) -> ResponseReturnValue:
        """Begin proving a certificate; it must be this member's own."""
        visitor = self._changing()
        method = request.form.get("method", "")
        asked = _asked(visitor, url_for("account.certificate_verified"))
        if asked is None or method not in {each.code for each in self._methods(visitor)}:
            return self._page(visitor, failure=_("등록할 인증서의 종류를 선택해 주세요.")), 400
        try:
            where = self.verification.begin(method, asked, self.frame.browser.mark(), address=address(request))
        except MethodNotOffered:
            return self._page(visitor, failure=_("지금은 이용할 수 없는 인증서입니다.")), 400
        return see_other(where)

    def verified(self) -> ResponseReturnValue:
        """Back from proving it: keep it, and let the member name it."""
        visitor = self.frame.visitor("certificates")
        member_id = visitor.session.member_id
        try:
            evidence = self.verification.collect(
                request.args.get("verification", ""), self.frame.browser.marked(), PURPOSE, member_id
            )
        except (PageExpired, BoundElsewhere):
            # Turned back, or loaded again: the verification's own page has said why.
            return see_other(url_for(_LIST))
        try:
            row_id = self.own.register(member_id, evidence, address=address(request))
        except AlreadyRegistered:
            return self._page(visitor, failure=_("이미 등록한 인증서입니다.")), 409
        except TooManyCertificates:
            failure = _("등록할 수 있는 인증서 수를 넘었습니다. 쓰지 않는 인증서를 삭제한 뒤 다시 등록해 주세요.")
            return self._page(visitor, failure=failure), 409
        return see_other(url_for("account.certificate_name", row_id=row_id, new="1"))

    def name(self, row_id: str) -> ResponseReturnValue:
        """What it is called."""
        visitor = self.frame.proven("certificates")
        certificate = self.own.one(visitor.session.member_id, row_id)
        form = CertificateNameForm()
        if form.validate_on_submit():
            self.own.rename(visitor.session.member_id, row_id, form.name.data, address=address(request))
            return see_other(url_for(_LIST))
        if request.method == "GET":
            form.name.data = certificate.said.name
        page = render_template(
            "account/certificate_name.html",
            form=form,
            certificate=certificate,
            kind=_kind(certificate.said.policy, visitor),
            new=request.args.get("new") == "1",
        )
        return page, 400 if request.method == "POST" else 200

    def remove(self, row_id: str) -> ResponseReturnValue:
        """삭제: first what it means, then the act."""
        visitor = self._changing()
        member_id = visitor.session.member_id
        certificate = self.own.one(member_id, row_id)
        last = visitor.kind == "enterprise" and len(self.own.listed(member_id)) == 1
        form = CertificateRemovalForm()
        status = 200
        if form.validate_on_submit():
            try:
                self.own.remove(member_id, row_id, understood=form.understood.data, address=address(request))
            except LastCertificate:
                last, status = True, 400
                form.understood.errors = [_("안내 사항을 확인한 뒤 선택해 주세요.")]
            else:
                return see_other(url_for(_LIST))
        page = render_template(
            "account/certificate_remove.html",
            form=form,
            certificate=certificate,
            kind=_kind(certificate.said.policy, visitor),
            last=last,
        )
        return page, status

    def _changing(self) -> Visitor:
        """Who is there, as strongly proven as it takes. A person's certificate steps up to level 3 and bears no more
        than a name, which somebody else may have; an enterprise's is of its number."""
        visitor = self.frame.visitor("certificates")
        level = self.level(visitor.session.member_id) if visitor.kind == "person" else 1
        return self.frame.proven("certificates", level=level)

    def _page(self, visitor: Visitor, *, failure: str | None = None) -> str:
        now = self.frame.clock.now()
        return render_template(
            "account/certificates.html",
            certificates=[
                (each, _kind(each.said.policy, visitor)) for each in self.own.listed(visitor.session.member_id)
            ],
            now=now,
            soon=now + RENEWAL,
            methods=self._methods(visitor) if _asked(visitor, "/") is not None else (),
            provable=_asked(visitor, "/") is not None,
            enterprise=visitor.kind == "enterprise",
            failure=failure,
        )

    def _methods(self, visitor: Visitor) -> tuple[OfferedMethod, ...]:
        enterprise = visitor.kind == "enterprise"
        holder, codes = (Holder.BUSINESS, tuple(METHODS)) if enterprise else (Holder.PERSON, _OF_A_PERSON)
        offered = (each for each in self.verification.methods(holder) if each.code in codes)
        return tuple(replace(each, label=METHODS.get(each.code, each.label)) for each in offered)


def _asked(visitor: Visitor, back: str) -> VerificationRequest | None:
    """Whose certificate is asked for; None for a person whose identity nobody has verified: any would do."""
    profile, member_id = visitor.profile, visitor.session.member_id
    if isinstance(profile, EnterpriseProfile):
        return VerificationRequest(PURPOSE, Holder.BUSINESS, member_id, back, profile.business_number)
    if profile.ci is None:
        return None
    return VerificationRequest(
        PURPOSE, Holder.PERSON, member_id, back, expects_ci=profile.ci, expects_name=profile.name
    )


def _kind(policy: str, visitor: Visitor) -> str:
    """What the sign-in page calls it: a simple certificate is kept by the way it came, any other by its policy."""
    if policy in METHODS:
        kind: str = _(METHODS[policy])
    else:
        kind = _("기업인증서") if visitor.kind == "enterprise" else _("공동인증서")
    return kind
