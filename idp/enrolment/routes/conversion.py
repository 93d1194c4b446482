"""Where a relying party sends somebody to convert an account (REQ-05)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.enrolment.conversion_request import ConversionRefused, ReadConversionRequest
from idp.enrolment.draft import Journey
from idp.enrolment.routes.pages import EnrolmentPages
from idp.enrolment.steps import Step
from idp.signin.visitor import Visitors
from idp.web.errors import error_page
from idp.web.get_only import get_only
from idp.web.redirects import see_other

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ConversionDoor:
    """`/convert?request=…`; without a request it is the ordinary way in."""

    read: ReadConversionRequest
    enrolment: EnrolmentPages
    visitors: Visitors

    def blueprint(self) -> Blueprint:
        """The one address."""
        door = Blueprint("conversion", __name__)
        get_only(door)
        door.add_url_rule("/convert", view_func=self.enter)
        return door

    def enter(self) -> ResponseReturnValue:
        """Begin a conversion."""
        token = request.args.get("request")
        if not token:
            return see_other("/join/")
        try:
            conversion = self.read(token)
        except ConversionRefused as refusal:
            _log.info("conversion.refused", code=refusal.code, detail=refusal.detail)
            return error_page(
                400,
                title=_("전환 요청을 확인할 수 없습니다"),
                sentence=_("전환 요청이 만료되었거나 이미 사용되었습니다."),
                next_steps=[_("이용하던 기관의 홈페이지에서 전환을 다시 시작해 주세요.")],
                way_on="/join/",
                way_on_label=_("전환 없이 통합회원 가입하기"),
            )
        known: dict[str, Any] = {
            "journey": Journey.CONVERT,
            "conversion": conversion,
            "origin": conversion.relying_party_id,
        }
        visitor = self.visitors.find(self.enrolment.wizard.browser.session_cookie())
        if visitor is not None and visitor.kind == conversion.expected.value:
            # Who they are was proven when they signed in; they may still say that it is somebody else who converts.
            draft = self.enrolment.begin(**known, kind=conversion.expected, member=visitor.session.member_id)
            return see_other(url_for("enrolment.member", draft_id=draft.id))
        return self.enrolment.wizard.to(self.enrolment.begin(**known), Step.TYPE)
