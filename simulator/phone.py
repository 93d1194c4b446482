"""The tester's pages: the phone, on which app requests wait, and the windows that other shapes open in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from simulator.key_files import names
from simulator.outcome import WORDS, Outcome
from simulator.people import COMPANIES
from simulator.requests_at_hand import Asked
from simulator.shapes.openid import refusal
from simulator.stage import Stage

_SHOWN = 20
TITLES = {
    "oacx": "간편인증 (앱 승인)",
    "barocert": "간편인증 (앱 승인, 바로서트 방식)",
    "ezauth": "사업자 간편인증",
    "nice": "휴대폰 본인확인",
    "any_id": "Any-ID",
    "fincert": "금융인증서",
    "openid": "다른 기관 계정 (OpenID Connect)",
    "profile": "다른 서비스 계정 (OAuth 2.0)",
}
_NOT_OFFERED = {
    "openid": {Outcome.DELAY, Outcome.OTHER_HOLDER},
    "profile": {Outcome.DELAY, Outcome.OTHER_HOLDER, Outcome.FORGED, Outcome.FOREIGN, Outcome.LATE, Outcome.EARLY},
    "nice": {Outcome.DELAY},
    "any_id": {Outcome.DELAY},
    # Whose certificate signs is chosen; when, our own text says.
    "fincert": {Outcome.DELAY, Outcome.OTHER_HOLDER, Outcome.LATE, Outcome.EARLY},
}


def outcomes(shape: str) -> list[Outcome]:
    """What may happen to a request of this shape."""
    return [each for each in Outcome if each not in _NOT_OFFERED.get(shape, set())]


@dataclass(frozen=True)
class Phone:
    """Shows what waits, and takes the tester's answer."""

    stage: Stage

    def blueprint(self) -> Blueprint:
        pages = Blueprint("phone", __name__)
        pages.add_url_rule("/", "home", self._home)
        pages.add_url_rule("/requests/<number>", "answer", self.answer, methods=["POST"])
        pages.add_url_rule("/windows/<number>", "window", self.window, methods=["GET", "POST"])
        return pages

    def answer(self, number: str) -> ResponseReturnValue:
        """Approve, refuse, or let go wrong what waits on the phone."""
        asked = self.stage.requests.get(number)
        if asked is None or not asked.on_the_phone or not asked.holder:
            return self._home("이미 처리했거나 없는 요청입니다."), 404
        outcome = _outcome(request.form.get("outcome", ""), asked)
        if outcome is None:
            return self._home("결과를 골라 주세요."), 400
        self.stage.requests.decide(number, asked.holder, outcome)
        return redirect("/", 303)

    def window(self, number: str) -> ResponseReturnValue:
        """Choose who is verified and what happens; then the browser goes back to where it came from."""
        asked = self.stage.requests.get(number)
        if asked is None or not asked.return_url:
            abort(404)
        if asked.outcome is not None:
            return redirect(_back(asked), 303)
        holders = self._holders(asked)
        holder = request.form.get("holder", asked.holder or next(iter(holders), ""))
        if request.method == "GET":
            return self._window(asked, holders, holder)
        if request.form.get("later") and asked.shape == "ezauth":
            # The window closes while the representative's phone still rings.
            changed = self.stage.requests.change(number, return_url="", more={"return_url": asked.return_url})
            return redirect(_back(changed or asked), 303)
        outcome = _outcome(request.form.get("outcome", ""), asked)
        if outcome is None or holder not in holders:
            return self._window(asked, holders, holder, "목록에서 골라 주세요."), 400
        decided = self.stage.requests.decide(number, holder, outcome)
        return redirect(_back(decided or asked), 303)

    def _home(self, trouble: str = "") -> str:
        newest = [each for each in self.stage.requests.newest(_SHOWN) if each.holder or each.outcome]
        return render_template(
            "phone.html",
            waiting=[each for each in newest if each.on_the_phone and each.outcome is None],
            past=[each for each in newest if each.outcome is not None],
            titles=TITLES,
            words=WORDS,
            outcomes=outcomes,
            name_of=self._name_of,
            trouble=trouble,
        )

    def _window(self, asked: Asked, holders: dict[str, str], holder: str, trouble: str = "") -> str:
        return render_template(
            "window.html",
            asked=asked,
            title=TITLES[asked.shape],
            holders=holders,
            holder=holder,
            outcomes=outcomes(asked.shape),
            words=WORDS,
            trouble=trouble,
        )

    def _holders(self, asked: Asked) -> dict[str, str]:
        if asked.shape == "fincert":
            return {name: name for name in names(self.stage.certificates)} if self.stage.certificates else {}
        if asked.shape == "ezauth":
            return {code: self._name_of(code) for code in COMPANIES}
        return {code: self._name_of(code) for code in self.stage.everybody()}

    def _name_of(self, code: str) -> str:
        if code in COMPANIES:
            company = COMPANIES[code]
            return f"{company.name} ({company.business_number})"
        person = self.stage.everybody().get(code)
        if person is None:
            return code
        return f"{person.name} ({person.about}, {person.birth_date}, {_hyphened(person.phone)})"


def _outcome(value: str, asked: Asked) -> Outcome | None:
    return next((each for each in outcomes(asked.shape) if each.value == value), None)


def _back(asked: Asked) -> str:
    """Where the browser goes, with what a real provider would let it carry."""
    address, carried = asked.return_url or asked.more.get("return_url", ""), {"web_transaction_id": asked.handle}
    if asked.shape == "ezauth":
        # What the real page's script hands over in the browser; whoever believed it could be told anything.
        carried = {"errno": "0", "name": "아무개", "businessNumber": asked.business_number}
    elif asked.shape == "fincert":
        carried = {"signId": asked.id}
    elif asked.shape == "any_id":
        carried = {"ssob": asked.handle, "tag": asked.nonce}
    elif asked.shape in ("openid", "profile"):
        error = refusal(asked.outcome or Outcome.CANCEL)
        carried = {"state": asked.more["state"], **({"error": error} if error else {"code": asked.handle})}
    elif asked.outcome is Outcome.CANCEL and asked.more.get("close_url"):
        return asked.more["close_url"]
    return f"{address}?{urlencode(carried)}"


def _hyphened(digits: str) -> str:
    return f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"
