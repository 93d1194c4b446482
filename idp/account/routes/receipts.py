"""`/receipts/<token>`: what a member keeps of a withdrawal or an unlinking. Needs no account and names nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from idp.account.routes.words import heard_words
from idp.agencies.catalogue import Catalogue
from idp.clock import Clock
from idp.credentials.attempts import network
from idp.crypto.digests import Digester
from idp.errors import NotFound, TooManyAttempts
from idp.links.receipts import RECEIPT_PATH, read
from idp.storage.database import Database
from idp.storage.expiring import ExpiringStore
from idp.web.browser import address

_WINDOW = timedelta(minutes=10)


class TooManyReceipts(TooManyAttempts):
    """This address has looked at more receipts than one person has."""

    code = "too_many_receipts"


@dataclass(frozen=True, slots=True)
class ReceiptPages:
    """Shows receipts, so many to a network address in ten minutes."""

    database: Database
    clock: Clock
    catalogue: Catalogue
    store: ExpiringStore
    digester: Digester
    looks_per_address: int

    def blueprint(self) -> Blueprint:
        """The page under `/receipts`."""
        pages = Blueprint("receipts", __name__, template_folder="../templates")
        pages.add_url_rule(f"{RECEIPT_PATH}<token>", view_func=self.show)
        pages.after_request(_unlisted)
        return pages

    def show(self, token: str) -> ResponseReturnValue:
        """How far the news has come at each agency.

        Raises:
            TooManyReceipts: the address looks too often.
            NotFound: there is no such receipt, or it is over.
        """
        key = f"receipts:{self.digester.digest('receipts.address', network(address(request)))}"
        if self.store.increment(key, _WINDOW) > self.looks_per_address:
            raise TooManyReceipts("receipts", retry_after=int(_WINDOW.total_seconds()))
        with self.database.reading() as connection:
            receipt = read(connection, token[:64], self.clock.now())
        if receipt is None:
            raise NotFound("no such receipt")
        agencies = self.catalogue.snapshot().agencies
        rows = [
            (agencies[each.agency_id].name if each.agency_id in agencies else each.agency_id, each, heard_words(each))
            for each in receipt.agencies
        ]
        return make_response(render_template("account/receipt.html", receipt=receipt, rows=rows))


def _unlisted(response: Response) -> Response:
    # Whoever pastes the link somewhere public has not asked search engines in.
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
