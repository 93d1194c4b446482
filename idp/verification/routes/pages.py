"""The pages of a verification: what to do next, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.verification.desk import VerificationDesk
from idp.verification.failures import by_code
from idp.verification.forms import DetailsForm, LineForm, SignedForm
from idp.verification.method import ClientSign, Details, Form, Redirect, Wait
from idp.verification.state import State
from idp.verification.transactions import PageExpired, Transaction
from idp.web import allow_form_targets
from idp.web.browser import Browser, address
from idp.web.errors import error_page
from idp.web.get_only import get_only
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class VerificationPages:
    """What the pages are made of."""

    desk: VerificationDesk
    browser: Browser

    def blueprint(self) -> Blueprint:
        """The pages under `/verification`."""
        pages = Blueprint("verification", __name__, template_folder="../templates", url_prefix="/verification")
        pages.add_url_rule("/<tx_id>", view_func=self.show)
        pages.add_url_rule("/return", view_func=self.returned_by_state)
        pages.add_url_rule("/<tx_id>/return", view_func=self.returned)
        pages.add_url_rule("/<tx_id>/poll", view_func=self.poll, methods=["POST"])
        pages.add_url_rule("/<tx_id>/answer", view_func=self.answer, methods=["POST"])
        pages.add_url_rule("/<tx_id>/cancel", view_func=self.cancel, methods=["POST"])
        pages.register_error_handler(PageExpired, _expired)
        get_only(pages)
        return pages

    def show(self, tx_id: str) -> ResponseReturnValue:
        """Whatever comes next: a page, the provider, or back to the room that asked."""
        return self._next(self._look(tx_id))

    def returned(self, tx_id: str) -> ResponseReturnValue:
        """The provider sends the browser back; what it carries is a handle, and proves nothing by itself."""
        transaction = self._look(tx_id)
        if isinstance(transaction.step, Redirect) or transaction.state is not State.SENT:
            self.desk.answer(transaction, request.args.to_dict(), address=address(request))
        return see_other(transaction.path)

    def returned_by_state(self) -> ResponseReturnValue:
        """The same, where the provider knows one address for all: the state says which verification it is about."""
        return self.returned(request.args.get("state", "").partition(".")[0])

    def poll(self, tx_id: str) -> ResponseReturnValue:
        """Ask whether the member approved elsewhere."""
        transaction = self._look(tx_id)
        if not isinstance(transaction.step, Wait):
            return see_other(transaction.path)
        moved = self.desk.poll(transaction, address=address(request))
        if moved.state is State.SENT and isinstance(moved.step, Wait):
            return self._wait_page(moved, moved.step, waiting=True)
        return see_other(transaction.path)

    def answer(self, tx_id: str) -> ResponseReturnValue:
        """Take the line that the member typed, or what their browser signed."""
        transaction = self._look(tx_id)
        if isinstance(transaction.step, ClientSign):
            return self._signed(transaction)
        if isinstance(transaction.step, Details):
            return self._details(transaction, transaction.step)
        if not isinstance(transaction.step, Form):
            return see_other(transaction.path)
        form = LineForm()
        again = transaction.step.again and "again" in request.form
        if not again and not form.validate_on_submit():
            return self._form_page(transaction, transaction.step, form), 400
        given = {"again": "y"} if again else {"code": form.code.data or ""}
        moved = self.desk.answer(transaction, given, address=address(request))
        if moved.state is State.SENT and isinstance(moved.step, Form):
            return self._form_page(moved, moved.step, LineForm()), 400 if moved.step.error else 200
        return see_other(transaction.path)

    def _signed(self, transaction: Transaction) -> ResponseReturnValue:
        form = SignedForm()
        # Too long, it is as unreadable as anything else that is no signature: what is dropped fails there by its code.
        posted = {} if not form.validate_on_submit() else {field.name: field.data or "" for field in form}
        posted.pop("csrf_token", None)
        self.desk.answer(transaction, posted, address=address(request))
        return see_other(transaction.path)

    def _details(self, transaction: Transaction, step: Details) -> ResponseReturnValue:
        form = _details_form(step)
        if not form.validate_on_submit():
            return self._page("details", transaction, step=step, form=form), 400
        typed = {name: form[name].data for name in step.asks}
        moved = self.desk.answer(transaction, typed, address=address(request))
        if moved.state is State.SENT and isinstance(moved.step, Details):
            return self._page("details", moved, step=moved.step, form=form), 400
        return see_other(transaction.path)

    def cancel(self, tx_id: str) -> ResponseReturnValue:
        """Turn back, to the room that asked."""
        transaction = self.desk.cancel(self._look(tx_id), address=address(request))
        return see_other(transaction.request.return_path)

    def _look(self, tx_id: str) -> Transaction:
        transaction = self.desk.look(tx_id, self.browser.marked(), address=address(request))
        allow_ending_of(transaction)
        return transaction

    def _next(self, transaction: Transaction) -> ResponseReturnValue:
        back = transaction.request.return_path
        if transaction.state is State.VERIFIED:
            joint = "&" if "?" in back else "?"
            return see_other(f"{back}{joint}{urlencode({'verification': transaction.id})}")
        if transaction.state is State.CONSUMED:
            return see_other(back)
        if transaction.failure is not None:
            return self._failed_page(transaction)
        return self._step_page(transaction)

    def _step_page(self, transaction: Transaction) -> ResponseReturnValue:
        match transaction.step:
            case Redirect(url):
                return see_other(url) if url.startswith("/") else self._page("leave", transaction, url=url)
            case Form() as step:
                return self._form_page(transaction, step, LineForm(formdata=None))
            case Wait() as step:
                return self._wait_page(transaction, step)
            case Details() as step:
                return self._page("details", transaction, step=step, form=_details_form(step))
            case ClientSign() as step:
                return self._sign_page(transaction, step)
        # Between created and sent, or while another tab's answer is weighed: a moment later there is a page.
        return self._page("moment", transaction)

    def _form_page(self, transaction: Transaction, step: Form, form: LineForm) -> str:
        form.code.label.text = _(step.label)
        if step.error and not form.code.errors:
            form.code.errors = [_(step.error)]
        # A wrong code is of no use to whoever types the next one.
        form.code.data = ""
        return self._page("form", transaction, step=step, form=form)

    def _sign_page(self, transaction: Transaction, step: ClientSign) -> str:
        now = self.desk.clock.now()
        ends_at = datetime.fromisoformat(step.ends_at) if step.ends_at else transaction.ends_at
        shown = {"step": step, "form": SignedForm(formdata=None), "now": now, "ends_at": ends_at}
        return self._page("sign", transaction, late=now >= ends_at, **shown)

    def _wait_page(self, transaction: Transaction, step: Wait, *, waiting: bool = False) -> str:
        return self._page("wait", transaction, step=step, waiting=waiting)

    def _failed_page(self, transaction: Transaction) -> str:
        failure = by_code(transaction.failure or "")
        return self._page("failed", transaction, sentence=_(failure.sentence), next_step=_(failure.next_step))

    def _page(self, name: str, transaction: Transaction, **shown: object) -> str:
        method = self.desk.method_of(transaction)
        return render_template(
            f"verification/{name}.html",
            path=transaction.path,
            return_path=transaction.request.return_path,
            method_label=_(method.label),
            simulated=method.simulated,
            **shown,
        )


def _details_form(step: Details) -> DetailsForm:
    form = DetailsForm(brand=next(iter(step.brands)))
    form.brand.choices = list(step.brands.items())
    return form


def allow_ending_of(transaction: Transaction) -> None:
    """A post from these pages may end, redirect by redirect, where a sign-in that waits for the evidence ends."""
    if transaction.request.ends_at is not None:
        allow_form_targets(transaction.request.ends_at)


def _expired(_error: PageExpired) -> ResponseReturnValue:
    return error_page(
        404,
        title=_("진행 중인 본인확인이 없습니다"),
        sentence=_("시간이 지났거나, 이미 마쳤거나, 다른 브라우저에서 시작한 본인확인입니다."),
        next_steps=[_("본인확인을 시작한 화면으로 돌아가 처음부터 다시 진행해 주세요.")],
    )
