"""The door of recovery: which page an address means."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint

from idp.recovery.one_time_links import LinkExpired
from idp.recovery.recoveries import RecoveryExpired
from idp.recovery.routes.frame import expired, link_expired
from idp.recovery.routes.links import LinkPages
from idp.recovery.routes.login_id import FindLoginId
from idp.recovery.routes.password import ResetPassword
from idp.recovery.set_new_password import ProofOutdated
from idp.web.get_only import get_only

_BOTH = ["GET", "POST"]


@dataclass(frozen=True, slots=True)
class RecoveryPages:
    """Everything under `/recovery`."""

    login_id: FindLoginId
    password: ResetPassword
    links: LinkPages

    def blueprint(self) -> Blueprint:
        """The pages."""
        pages = Blueprint("recovery", __name__, template_folder="../templates", url_prefix="/recovery")
        get_only(pages)
        login_id, password, links = self.login_id, self.password, self.links
        pages.add_url_rule("/login-id", "login_id", login_id.ask, methods=_BOTH)
        pages.add_url_rule("/login-id/<recovery_id>", "found", login_id.found)
        pages.add_url_rule("/password", "password", password.ask, methods=_BOTH)
        pages.add_url_rule("/password/<recovery_id>", "ways", password.ways)
        pages.add_url_rule("/password/<recovery_id>/verify", "verify", password.verify, methods=["POST"])
        pages.add_url_rule("/password/<recovery_id>/email", "send_link", password.send_link, methods=["POST"])
        pages.add_url_rule("/password/<recovery_id>/sent", "sent", password.sent)
        pages.add_url_rule("/password/<recovery_id>/new", "set", password.set, methods=_BOTH)
        pages.add_url_rule("/done", "done", password.done)
        pages.add_url_rule("/reset/<token>", "reset", links.reset, methods=_BOTH)
        pages.add_url_rule("/email/<token>", "prove_email", links.prove_email, methods=_BOTH)
        pages.add_url_rule("/not-me/<token>", "not_me", links.not_me, methods=_BOTH)
        pages.register_error_handler(RecoveryExpired, expired)
        pages.register_error_handler(ProofOutdated, link_expired)
        pages.register_error_handler(LinkExpired, link_expired)
        return pages
