"""Where the links of our letters lead. Opening one changes nothing: programs that scan mail open them too."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask.typing import ResponseReturnValue

from idp.recovery.disown_device import DisownDevice
from idp.recovery.email_proof import TakeProof
from idp.recovery.one_time_links import OneTimeLinks
from idp.recovery.routes.frame import Frame
from idp.recovery.routes.new_password import NewPassword
from idp.recovery.set_new_password import Authority
from idp.web.browser import address

_BY_EMAIL = "email"


@dataclass(frozen=True, slots=True)
class LinkPages:
    """What the pages are made of. They are bound to no browser: letters are read where they are read."""

    frame: Frame
    reset_links: OneTimeLinks
    new_password: NewPassword
    take_proof: TakeProof
    not_me_links: OneTimeLinks
    disown: DisownDevice

    def reset(self, token: str) -> ResponseReturnValue:
        """A new password, for whoever has the letter."""
        content = self.reset_links.look(token)
        authority = Authority(content.member_id, content.epoch, _BY_EMAIL, content.email_digest)
        return self.new_password(authority, lambda: self.reset_links.spend(token))

    def prove_email(self, token: str) -> ResponseReturnValue:
        """The address is theirs who press the button."""
        if request.method == "GET":
            self.take_proof.links.look(token)
            return self.frame.page("email", form_action=request.path)
        self.take_proof(token, address(request))
        return self.frame.page("email_proven")

    def not_me(self, token: str) -> ResponseReturnValue:
        """내가 아닙니다: every session and every spared browser over, and on to a new password."""
        if request.method == "GET":
            self.not_me_links.look(token)
            return self.frame.page("not_me", form_action=request.path)
        content = self.not_me_links.spend(token)
        self.disown(content.member_id, content.device_id, address=address(request))
        return self.frame.page("not_me_done")
