"""The demonstration's outgoing letters as pages, so that whoever tries it can read the code that was "sent".

Wired only into a demonstration that writes its letters to files: `shown` says whether.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from idp.errors import NotFound
from idp.mail.file_outbox import FileOutbox, Kept
from idp.settings import Settings
from idp.web.dates import KOREA

_PER_PAGE = 20


def shown(settings: Settings) -> bool:
    """Whether this deployment may show what it sends: a demonstration, with at least one channel kept in files."""
    return settings.environment == "demo" and "file" in (settings.mail.delivery, settings.sms.delivery)


@dataclass(frozen=True, slots=True)
class OutboxViewer:
    """The pages under `/demo/outbox`."""

    outbox: FileOutbox

    @classmethod
    def of(cls, settings: Settings) -> OutboxViewer:
        return cls(FileOutbox(settings.mail.outbox_dir))

    def blueprint(self) -> Blueprint:
        """To be registered where `shown`."""
        pages = Blueprint("outbox", __name__)
        pages.add_url_rule("/demo/outbox", view_func=self.messages)
        pages.add_url_rule("/demo/outbox/<message_id>", view_func=self.message)
        pages.add_url_rule("/demo/outbox/<message_id>/look", view_func=self.look)
        return pages

    def messages(self) -> ResponseReturnValue:
        """The newest first."""
        names = self.outbox.names()
        pages = max(1, -(-len(names) // _PER_PAGE))
        page = min(max(request.args.get("page", 1, type=int), 1), pages)
        rows = [self.outbox.read(name) for name in names[(page - 1) * _PER_PAGE : page * _PER_PAGE]]
        return render_template(
            "web/outbox.html", messages=[row for row in rows if row], page=page, pages=pages, moment=_moment
        )

    def message(self, message_id: str) -> ResponseReturnValue:
        """One letter's words; their links can be followed."""
        kept = self._found(message_id)
        return render_template("web/outbox_message.html", message=kept, moment=_moment)

    def look(self, message_id: str) -> ResponseReturnValue:
        """A letter as a mail program shows it.

        Served as XHTML, under a policy of its own: mail carries its styles in itself, which our pages forbid.
        """
        kept = self._found(message_id)
        if not kept.html:
            raise NotFound("an SMS has no look")
        response = Response(kept.html, content_type="application/xhtml+xml; charset=utf-8")
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    def _found(self, message_id: str) -> Kept:
        kept = self.outbox.find(message_id)
        if kept is None:
            raise NotFound("no such message")
        return kept


def _moment(instant: datetime) -> str:
    return instant.astimezone(KOREA).strftime("%Y-%m-%d %H:%M:%S")
