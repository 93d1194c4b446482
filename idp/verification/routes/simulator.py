"""The simulator's page: the provider's window, or the member's phone, in the hands of a tester."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.members.phone_number import hyphenated
from idp.verification.age import korean_date
from idp.verification.desk import VerificationDesk
from idp.verification.evidence import Holder
from idp.verification.forms import SimulatorForm
from idp.verification.method import Redirect, Wait
from idp.verification.routes.pages import allow_ending_of
from idp.verification.simulated.methods import ByCode, is_stand_in
from idp.verification.simulated.outcome import WORDS, Outcome
from idp.verification.simulated.people import COMPANIES, people
from idp.verification.simulated.provider import SimulatedProvider
from idp.verification.state import State
from idp.verification.transactions import PageExpired, Transaction
from idp.web.browser import Browser, address
from idp.web.get_only import get_only
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class SimulatorPages:
    """What the page is made of; registered only where the stand-ins are on."""

    desk: VerificationDesk
    provider: SimulatedProvider
    browser: Browser

    def blueprint(self) -> Blueprint:
        """The page beside each verification's own."""
        pages = Blueprint("verification_simulator", __name__, template_folder="../templates")
        get_only(pages)
        pages.add_url_rule("/verification/<tx_id>/simulator", view_func=self.show, methods=["GET", "POST"])
        return pages

    def show(self, tx_id: str) -> ResponseReturnValue:
        """Let the tester choose who answers, and how."""
        transaction = self.desk.look(tx_id, self.browser.marked(), address=address(request))
        allow_ending_of(transaction)
        method = self.desk.method_of(transaction)
        if not is_stand_in(method):
            raise PageExpired
        if transaction.state is not State.SENT:
            return see_other(transaction.path)
        if not isinstance(transaction.step, Redirect | Wait):
            message = method.message(transaction.memory) if isinstance(method, ByCode) else None
            return self._page("phone", transaction, message=message)
        form = self._form(transaction)
        if request.method == "GET" or not form.validate_on_submit():
            status = 200 if request.method == "GET" else 400
            return self._page("simulator", transaction, form=form), status
        request_holder = transaction.request.holder
        outcome = Outcome(form.outcome.data)
        handle = self.provider.send(transaction.nonce, request_holder, form.holder.data, outcome)
        if isinstance(transaction.step, Wait):
            return self._page("phone", transaction, message=None, sent=_(WORDS[outcome]))
        return see_other(f"{transaction.path}/return?handle={handle}")

    def _form(self, transaction: Transaction) -> SimulatorForm:
        form = SimulatorForm()
        everybody = people(korean_date(self.provider.clock.now()))
        if transaction.request.holder is Holder.BUSINESS:
            form.holder.choices = [(each.code, f"{each.name} ({each.business_number})") for each in COMPANIES]
            asked = transaction.request.business_number
            preset = next((each.code for each in COMPANIES if each.business_number == asked), COMPANIES[0].code)
        else:
            form.holder.choices = [
                (each.code, f"{each.name} ({_(each.about)}, {each.birth_date}, {hyphenated(each.phone)})")
                for each in everybody.values()
            ]
            preset = next(iter(everybody))
        form.outcome.choices = [(outcome.value, _(words)) for outcome, words in WORDS.items()]
        if request.method == "GET":
            form.holder.data, form.outcome.data = preset, Outcome.APPROVE.value
        return form

    def _page(self, name: str, transaction: Transaction, **shown: object) -> str:
        return render_template(
            f"verification/{name}.html",
            path=transaction.path,
            method_label=_(self.desk.method_of(transaction).label),
            simulated=True,
            **shown,
        )
