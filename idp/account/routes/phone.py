"""휴대전화 번호 확인: proving by a code that the number on file is at hand."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask.typing import ResponseReturnValue

from idp.account.routes.frame import Frame
from idp.members.profile import PersonProfile
from idp.members.prove_phone import ProvePhone
from idp.verification.desk import VerificationDesk
from idp.verification.evidence import Holder
from idp.verification.one_time_code.method import CODE
from idp.verification.request import VerificationRequest
from idp.verification.transactions import BoundElsewhere, PageExpired
from idp.web.browser import address
from idp.web.redirects import see_other

PURPOSE = "phone"


@dataclass(frozen=True, slots=True)
class PhonePages:
    """What it takes."""

    frame: Frame
    verification: VerificationDesk
    prove: ProvePhone

    def send(self) -> ResponseReturnValue:
        """Send a code, and on to where it is typed. The number is the profile's, never the form's.

        Raises:
            TooManyAttempts: it was begun too often.
        """
        visitor = self.frame.proven("profile")
        profile = visitor.profile
        if not isinstance(profile, PersonProfile) or profile.phone_verified or profile.phone_at_hand:
            return see_other(url_for("account.profile"))
        asked = VerificationRequest(
            PURPOSE,
            Holder.PERSON,
            visitor.session.member_id,
            url_for("account.phone_proven"),
            phone=profile.phone,
        )
        return see_other(self.verification.begin(CODE, asked, self.frame.browser.mark(), address=address(request)))

    def proven(self) -> ResponseReturnValue:
        """Back from typing it."""
        visitor = self.frame.visitor("profile")
        member_id = visitor.session.member_id
        try:
            evidence = self.verification.collect(
                request.args.get("verification", ""), self.frame.browser.marked(), PURPOSE, member_id
            )
        except (PageExpired, BoundElsewhere):
            # Turned back, or loaded again: the verification's own page has said why.
            return see_other(url_for("account.profile"))
        if not self.prove(member_id, evidence.phone or "", address=address(request)):
            return see_other(url_for("account.profile"))
        return see_other(url_for("account.profile", done="phone"))
