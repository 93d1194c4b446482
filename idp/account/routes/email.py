"""확인 메일 받기: asking again for the proof of one's e-mail address."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask.typing import ResponseReturnValue

from idp.account.routes.frame import Frame
from idp.recovery.email_proof import AskForProof
from idp.recovery.limits import AskLimits
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class EmailPages:
    """What it takes."""

    frame: Frame
    ask: AskForProof
    limits: AskLimits

    def send(self) -> ResponseReturnValue:
        """Send the letter, so many times and no more.

        Raises:
            TooManyRecoveries: it was asked for too often.
        """
        visitor = self.frame.visitor("profile")
        self.limits.mail(visitor.session.member_id)
        self.ask(visitor.session.member_id)
        return see_other(url_for("account.profile", done="email"))
