"""The simulator as one application: every shape's side, the phone, and the headers of its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from simulator.keys import Keys
from simulator.phone import Phone
from simulator.requests_at_hand import Requests
from simulator.shapes.any_id import AnyId
from simulator.shapes.barocert import Barocert
from simulator.shapes.ezauth import EzAuth
from simulator.shapes.fincert import FinCert
from simulator.shapes.nice import Nice
from simulator.shapes.oacx import Oacx
from simulator.shapes.openid import OpenId
from simulator.stage import KOREA, Stage

BANNER = "모의 인증 (시험용) — 실제 본인확인이 아닙니다"
_PAGES = ("phone.answer", "phone.window")
_WORDS = {403: "다른 사이트에서 보낸 요청은 받지 않습니다.", 404: "없거나 이미 끝난 요청입니다."}


def _now() -> datetime:
    return datetime.now(UTC)


def open_site(
    url: str,
    return_to: str,
    keys: Keys,
    *,
    now: Callable[[], datetime] = _now,
    slow: timedelta = timedelta(seconds=12),
    certificates: Path | None = None,
) -> tuple[Flask, Stage]:
    """The application, and the stage it plays on. `url` is its public address, `return_to` the asker's."""
    app = Flask("simulator")
    app.config.update(MAX_CONTENT_LENGTH=64 * 1024)
    stage = Stage(url, return_to, keys, Requests(now), now, slow, certificates)
    for shape in (Oacx, Barocert, EzAuth, Nice, AnyId, FinCert, OpenId, Phone):
        app.register_blueprint(shape(stage).blueprint())
    app.add_url_rule("/healthz", "healthz", lambda: {"status": "ok"})
    app.context_processor(lambda: {"banner": BANNER})
    app.jinja_env.filters["korean_time"] = lambda moment: moment.astimezone(KOREA).strftime("%H:%M:%S")
    app.before_request(lambda: _refuse_foreign_form(url))
    app.after_request(lambda response: _guard(response, return_to))
    app.register_error_handler(HTTPException, _problem)
    return app, stage


def _refuse_foreign_form(url: str) -> None:
    """No page carries a secret of the browser's (there is no cookie), but another site shall not press its buttons."""
    if request.method == "POST" and request.endpoint in _PAGES and request.headers.get("Origin", url) != url:
        abort(403)


def _guard(response: Response, return_to: str) -> Response:
    """A window's form ends, by redirect, at the asker (CSP3 §6.4.1)."""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {return_to}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def _problem(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    return render_template("trouble.html", words=_WORDS.get(status, "요청을 처리할 수 없습니다.")), status
