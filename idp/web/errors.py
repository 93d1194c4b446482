"""Failures as pages: what happened, in a sentence, and what to do next; never a trace, never a secret.

Rooms that answer machines register handlers of their own on their blueprints, which Flask prefers over these.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence

import structlog
from flask import Flask, Response, g, has_request_context, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from idp.errors import IdpError, Refusal, StoreUnavailable, TooManyAttempts
from idp.randomness import Randomness, case_blind_token
from idp.web.translations import language

STORE_RETRY_SECONDS = 5
"""What a browser is told to wait when a store did not answer."""

# The last resort, for when the page itself is what fails.
_BARE = (
    '<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
    "<p>{sentence}</p><p>{reference}</p></html>"
)

_log = structlog.get_logger(__name__)

_TOO_LARGE = 413


def install(app: Flask, randomness: Randomness) -> None:
    """Answer every failure that no blueprint answers itself."""

    def unexpected(error: Exception) -> ResponseReturnValue:
        reference = case_blind_token(randomness, 5)
        _log.error("request.failed", reference=reference, **whereabouts(error))
        return error_page(
            500,
            title=_("일시적인 오류가 발생했습니다"),
            sentence=_("요청을 처리하지 못했습니다."),
            next_steps=[_("잠시 후 다시 시도해 주세요."), _("계속되면 아래 오류 번호와 함께 관리자에게 알려 주세요.")],
            reference=reference,
        )

    def store_unavailable(error: StoreUnavailable) -> ResponseReturnValue:
        reference = case_blind_token(randomness, 5)
        _log.error("request.store_unavailable", reference=reference, detail=error.detail, endpoint=request.endpoint)
        response = error_page(
            503,
            title=_("지금은 서비스를 이용할 수 없습니다"),
            sentence=_("시스템이 잠시 응답하지 않고 있습니다."),
            next_steps=[_("잠시 후 페이지를 새로 고쳐 주세요.")],
            reference=reference,
        )
        response.headers["Retry-After"] = str(STORE_RETRY_SECONDS)
        return response

    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StoreUnavailable, store_unavailable)
    app.register_error_handler(Exception, unexpected)


def error_page(
    status: int,
    *,
    title: str,
    sentence: str,
    next_steps: Sequence[str] = (),
    reference: str | None = None,
    way_on: str = "/",
    way_on_label: str = "",
) -> Response:
    """The error page as a response; falls back to bare HTML when the page itself cannot be made."""
    g.refused = True
    try:
        body = render_template(
            "web/error.html",
            status=status,
            title=title,
            sentence=sentence,
            next_steps=next_steps,
            reference=reference,
            way_on=way_on,
            way_on_label=way_on_label or _("처음 화면으로"),
        )
    except Exception as error:  # noqa: BLE001  # whatever broke, the reader still gets an answer
        _log.error("error_page.failed", reference=reference, **whereabouts(error))
        body = _BARE.format(language=language(), title=title, sentence=sentence, reference=reference or "")
    return make_response(body, status)


def _refused(error: Refusal) -> ResponseReturnValue:
    _log.info("request.refused", code=error.code, detail=error.detail, endpoint=request.endpoint)
    title, sentence, step = _words(error.status)
    said = _(error.public) if error.public else sentence
    response = error_page(error.status, title=title, sentence=said, next_steps=[step])
    if isinstance(error, TooManyAttempts):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status == _TOO_LARGE:
        _log.info("request.refused", code="body_too_large", endpoint=request.endpoint)
    title, sentence, step = _words(status)
    response = error_page(status, title=title, sentence=sentence, next_steps=[step])
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            response.headers[name] = value
    return response


def _words(status: int) -> tuple[str, str, str]:
    """Title, sentence and next step for a status; unknown ones speak as their class does."""
    known = {
        401: (
            _("로그인이 필요합니다"),
            _("로그인한 뒤 이용할 수 있는 화면입니다."),
            _("처음 화면에서 통합로그인을 해 주세요."),
        ),
        403: (
            _("이용할 수 없습니다"),
            _("이 요청은 허용되지 않습니다."),
            _("다른 계정으로 로그인했는지 확인해 주세요."),
        ),
        404: (
            _("페이지를 찾을 수 없습니다"),
            _("주소가 바뀌었거나 사라진 페이지입니다."),
            _("주소를 확인하거나 처음 화면에서 다시 시작해 주세요."),
        ),
        405: (
            _("열 수 없는 주소입니다"),
            _("이 주소는 직접 열 수 없습니다."),
            _("이용하던 홈페이지나 처음 화면에서 다시 시작해 주세요."),
        ),
        409: (
            _("이미 처리되었습니다"),
            _("다른 창에서 먼저 처리되었을 수 있습니다."),
            _("페이지를 새로 열어 현재 상태를 확인해 주세요."),
        ),
        413: (
            _("보낸 내용이 너무 큽니다"),
            _("한 번에 받을 수 있는 크기를 넘었습니다."),
            _("내용을 줄여 다시 시도해 주세요."),
        ),
        429: (
            _("시도 횟수가 너무 많습니다"),
            _("짧은 시간에 너무 많이 시도했습니다."),
            _("잠시 기다린 뒤 다시 시도해 주세요."),
        ),
        500: (_("일시적인 오류가 발생했습니다"), _("요청을 처리하지 못했습니다."), _("잠시 후 다시 시도해 주세요.")),
    }
    fallback = (
        _("잘못된 요청입니다"),
        _("요청한 내용을 이해할 수 없습니다."),
        _("이용하던 홈페이지나 처음 화면에서 다시 시작해 주세요."),
    )
    return known.get(status) or (known[500] if status >= 500 else fallback)


def whereabouts(error: Exception) -> dict[str, object]:
    """What the log may know of a failure: its kind and where it arose.

    Not its message: drivers put statements with their values into theirs, and those hold personal data. Ours do not.
    """
    return {
        "error": type(error).__qualname__,
        "detail": error.detail if isinstance(error, IdpError) else "",
        "endpoint": request.endpoint if has_request_context() else "",
        "frames": [
            f"{frame.name} {frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
        ],
    }
