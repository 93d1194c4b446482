"""Every page with sample words, served by an application that has nothing but the pages' common ground.

`python -m tests.unit.web.preview` serves them on port 8900 for looking at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue
from wtforms import BooleanField

import idp
from idp.account.routes.words import heard_words
from idp.links.receipts import AgencyHeard, Heard, Receipt, ReceiptCause
from idp.settings import Settings
from idp.signin.farewell import HearerState, Onward
from idp.terms.document import Audience, Document, Text
from idp.web import OneLine, PageForm, Secret, auto_post, install
from idp.web.errors import error_page

ROOMS = Path(idp.__file__).parent


class LoginForm(PageForm):
    login_id = OneLine("아이디")
    password = Secret("비밀번호")
    remember_login_id = BooleanField("아이디 저장")


class WithdrawForm(PageForm):
    password = Secret("비밀번호")
    keep_subjects = BooleanField("다시 가입할 때 유관기관이 예전 이용 이력을 잇도록 식별 정보를 남깁니다. (선택)")
    understood = BooleanField("위 내용을 모두 확인했으며 통합회원 탈퇴에 동의합니다.")


def preview(settings: Settings | None = None) -> Flask:
    """The application; `/preview/` lists the pages."""
    app = Flask("preview", static_folder=None)
    app.secret_key = "preview"
    install(app, settings or Settings())
    for room in ("signin", "account"):
        app.register_blueprint(Blueprint(room, __name__, template_folder=str(ROOMS / room / "templates")))
    for name, page in PAGES.items():
        app.add_url_rule(f"/preview/{name}", name, page, methods=["GET", "POST"])
    app.add_url_rule("/preview/", "list", lambda: "".join(f'<p><a href="{name}">{name}</a></p>' for name in PAGES))
    return app


def _login(**changes: object) -> str:
    form = LoginForm()
    form.remember_login_id.data = True
    context: dict[str, object] = {
        "form": form,
        "failure": None,
        "relying_party_name": "중소기업혁신플랫폼(혁신바우처)",
        "home_url": "http://voucher.test/",
        "home_name": "혁신바우처",
        "form_action": "/preview/login",
        "reauthenticate": False,
        "login_id_fixed": None,
        "member_type": "person",
        "page_path": "/preview/login",
        "find_login_id_url": "/recovery/login-id",
        "reset_password_url": "/recovery/password",
        "join_url": "/join/?sign_in=of-this-browser",
    }
    return render_template("signin/password.html", **(context | changes))


def _login_failed() -> str:
    form = LoginForm()
    form.login_id.data = "honggildong"
    return _login(form=form, failure="아이디 또는 비밀번호가 올바르지 않습니다. 다시 확인해 주세요.")


def _login_empty() -> str:
    form = LoginForm()
    form.login_id.errors = ["아이디를 입력해 주세요."]
    form.password.errors = ["비밀번호를 입력해 주세요."]
    return _login(form=form)


def _consent() -> str:
    return render_template(
        "signin/consent.html",
        agency_name="중소기업혁신플랫폼(혁신바우처)",
        agency_description="컨설팅, 기술지원, 마케팅 등 맞춤형 바우처 서비스 제공",
        relying_party_name="혁신바우처",
        member_name="홍*동",
        items=[
            ("이름", "회원 확인과 신청서 작성"),
            ("이메일", "사업 안내와 결과 통지"),
            ("휴대전화", "사업 안내와 결과 통지"),
            ("회원 식별값", "이 기관에서만 쓰이는 회원 구분값"),
        ],
        form_action="/preview/consent",
    )


def _terms(**changes: object) -> str:
    words = "<h3>제1조 목적</h3><p>하나의 계정으로 유관기관의 서비스를 이용하는 데 필요한 사항을 정합니다.</p>"
    head, row = "<tr><th>구분</th><th>내용</th></tr>", "<tr><td>목적</td><td>본인 식별</td></tr>"
    table = f"<table><thead>{head}</thead><tbody>{row}</tbody></table>"
    titles = {"service": ("서비스 이용 약관", words), "marketing": ("마케팅·홍보 목적 개인정보 수집·이용 동의", table)}
    documents = [
        Document(name, 2, Audience.EVERYBODY, name == "service", place, "", {"ko": Text(*said)}, "", 2)
        for place, (name, said) in enumerate(titles.items())
    ]
    context: dict[str, object] = {"documents": documents, "choices": {}, "missing": ()}
    return render_template("signin/terms.html", form_action="/preview/terms", **(context | changes))


def _account(template: str, **context: object) -> str:
    return render_template(f"account/{template}.html", sign_out_action="/preview/sign-out", **context)


def _profile() -> str:
    rows = [
        ("회원 구분", "개인회원"),
        ("아이디", "ho*******ng"),
        ("이름", "홍*동"),
        ("휴대전화", "010-****-5678"),
        ("이메일", "ho******@example.com"),
        ("가입일", "2026-11-25"),
    ]
    return _account("profile", rows=rows)


def _agency(number: str, name: str, description: str, state: str, **more: object) -> dict[str, object]:
    linked = datetime(2026, 11, 24, 16, 0, tzinfo=UTC) if state == "linked" else None
    base = {
        "id": number,
        "name": name,
        "description": description,
        "business_types": ["바우처", "컨설팅"],
        "state": state,
    }
    return base | {"linked_at": linked, "url": "http://voucher.test/", "connect_url": None} | more


def _agencies(rows: list[dict[str, object]], pages: int) -> str:
    return _account(
        "agencies",
        filters={"agency": "", "business_type": "바우처", "q": ""},
        agency_choices=[("voucher", "중소기업혁신플랫폼(혁신바우처)"), ("kamp", "인공지능중소벤처 제조플랫폼(KAMP)")],
        business_type_choices=[("바우처", "바우처"), ("제조", "제조")],
        rows=rows,
        page=2 if pages > 1 else 1,
        pages=pages,
    )


def _some_agencies() -> str:
    voucher = ("voucher", "중소기업혁신플랫폼(혁신바우처)", "컨설팅, 기술지원, 마케팅 등 맞춤형 바우처 서비스 제공")
    kamp = ("kamp", "인공지능중소벤처 제조플랫폼(KAMP)", "제조 데이터 분석 및 AI 솔루션 개발 지원")
    gobiz = ("gobizkorea", "고비즈코리아", "중소기업 제품의 해외 온라인 수출 및 바이어 매칭")
    rows = [
        _agency(*voucher, "linked"),
        _agency(*kamp, "unlinked", connect_url="http://kamp.test/login", business_types=["제조"]),
        _agency(*gobiz, "suspended", business_types=["수출"]),
        _agency(
            "g4b", "기업지원플러스(G4B)", "기업 민원 행정 정보 및 시험 성적서 조회", "unlinked", business_types=["민원"]
        ),
    ]
    return _agencies(rows, pages=9)


def _withdraw(form: WithdrawForm | None = None, **more: object) -> str:
    basis = {
        "consent": "정보주체의 동의",
        "legal_basis": "개인정보 보호법 제15조, 제21조",
        "note": "보유기간이 도달하면 즉시 파기",
    }
    periods = {
        "회원정보": "즉시파기",
        "지원사업신청이력": "5년",
        "증명서 발급 이력": "180일",
        "전자민원신청이력": "180일",
    }
    return _account(
        "withdraw",
        form=form or WithdrawForm(),
        form_action="/preview/withdraw",
        retention_rows=[{"category": category, "period": period, **basis} for category, period in periods.items()],
        linked_agencies=["중소기업혁신플랫폼(혁신바우처)", "인공지능중소벤처 제조플랫폼(KAMP)"],
        may_keep_subjects=True,
        open_at=["인공지능중소벤처 제조플랫폼(KAMP)"],
        **more,
    )


def _withdraw_refused() -> str:
    form = WithdrawForm()
    form.password.errors = ["비밀번호가 올바르지 않습니다."]
    form.understood.errors = ["안내를 확인했다는 표시가 필요합니다."]
    return _withdraw(form)


def _receipt() -> str:
    at = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    heard = [
        ("중소기업혁신플랫폼(혁신바우처)", AgencyHeard("voucher", Heard.CONFIRMED, at)),
        ("인공지능중소벤처 제조플랫폼(KAMP)", AgencyHeard("kamp", Heard.TOLD, at)),
        ("중소기업 기술개발사업 종합관리시스템(SMTECH)", AgencyHeard("smtech", Heard.WAITING)),
        ("고비즈코리아", AgencyHeard("gobizkorea", Heard.NOT_TOLD)),
    ]
    receipt = Receipt(ReceiptCause.WITHDRAWAL, at, at + timedelta(days=365), tuple(each for _name, each in heard))
    rows = [(name, each, heard_words(each)) for name, each in heard]
    return render_template("account/receipt.html", receipt=receipt, rows=rows)


def _signed_out(onward: Onward | None) -> str:
    services = zip(
        ("제조플랫폼(KAMP)", "혁신바우처", "기업마당", "기술개발사업 종합관리시스템(SMTECH)", "수출", "벤처"),
        HearerState,
        strict=True,
    )
    return render_template(
        "signin/signed_out.html",
        services=[(name, state, None) for name, state in services],
        onward=onward,
        goes_on=False,
        progress_url="/preview/nothing",
    )


def _error() -> ResponseReturnValue:
    return error_page(
        500,
        title="일시적인 오류가 발생했습니다",
        sentence="요청을 처리하지 못했습니다.",
        next_steps=["잠시 후 다시 시도해 주세요.", "계속되면 아래 오류 번호와 함께 관리자에게 알려 주세요."],
        reference="k3mzq7ab",
    )


PAGES: dict[str, Callable[[], ResponseReturnValue]] = {
    "home": lambda: render_template("web/home.html", signed_in=False, member_name=None),
    "home-signed-in": lambda: render_template("web/home.html", signed_in=True, member_name="홍*동"),
    "login": _login,
    "login-failed": _login_failed,
    "login-empty": _login_empty,
    "login-again": lambda: _login(reauthenticate=True, login_id_fixed="ho*******ng"),
    "login-bare": lambda: _login(relying_party_name=None, home_url=None, home_name=None),
    "consent": _consent,
    "terms": _terms,
    "terms-refused": lambda: _terms(choices={"marketing": True}, missing=["service"]),
    "confirm-sign-out": lambda: render_template(
        "signin/confirm_sign_out.html", form_action="/preview/confirm-sign-out", relying_party_name="혁신바우처"
    ),
    "signed-out": lambda: _signed_out(Onward("http://voucher.test/", "혁신바우처", by_itself=False)),
    "signed-out-nowhere": lambda: _signed_out(None),
    "signed-out-bare": lambda: render_template("web/signed_out.html"),
    # A page of this application: the browser really goes there.
    "post": lambda: auto_post(
        "http://127.0.0.1:8900/preview/landed", [("SAMLResponse", "PHNhbWw+"), ("RelayState", "r1")], "SMTECH"
    ),
    "error": _error,
    "profile": _profile,
    "agencies": _some_agencies,
    "agencies-none": lambda: _agencies([], pages=1),
    "unlink": lambda: _account("unlink", form_action="/preview/unlink", agency_name="중소기업혁신플랫폼(혁신바우처)"),
    "withdraw": _withdraw,
    "withdraw-refused": _withdraw_refused,
    "unlinked": lambda: _account("unlinked", agency_name="중소기업혁신플랫폼(혁신바우처)", receipt="/preview/receipt"),
    "receipt": _receipt,
    "leaving": lambda: render_template(
        "account/leaving.html", until=datetime(2026, 12, 7, 9, 0, tzinfo=UTC), frames=[]
    ),
    "leaving-sign-in": lambda: render_template(
        "signin/leaving.html",
        form_action="/preview/leaving-sign-in",
        shown_to="x",
        leaves_at=datetime(2026, 12, 7, 9, 0, tzinfo=UTC),
    ),
    "withdrawn": lambda: render_template(
        "account/withdrawn.html",
        frames=[],
        receipt="/preview/receipt",
        agencies=[("중소기업혁신플랫폼(혁신바우처)", "알리는 중"), ("인공지능중소벤처 제조플랫폼(KAMP)", "알림 완료")],
    ),
}


if __name__ == "__main__":
    preview().run(port=8900)
