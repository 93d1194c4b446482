"""Answers in JSON, refusals included."""

from __future__ import annotations

import json
from typing import Any

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from idp.errors import Refusal, StoreUnavailable, TooManyAttempts
from idp.oidc.errors import OAuthError, challenge
from idp.web import exempt

_NO_STORE = {"Cache-Control": "no-store"}
ANY = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""Every method comes to a view, so that a wrong one too is answered in JSON: what routing refuses gets a page."""

_log = structlog.get_logger(__name__)


def answering_in_json(doors: Blueprint) -> Blueprint:
    """`doors` with what goes wrong behind them told in JSON."""
    doors.register_error_handler(OAuthError, _not_authorized)
    doors.register_error_handler(Refusal, _refused)
    doors.register_error_handler(HTTPException, _http_error)
    doors.register_error_handler(StoreUnavailable, _unavailable)
    exempt(doors)
    return doors


def said(document: Any, status: int = 200) -> Response:
    """A JSON answer that nobody keeps."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(body, status, _NO_STORE, content_type="application/json")


def nothing(status: int = 204) -> Response:
    """An answer without body."""
    answer = Response(b"", status, _NO_STORE)
    answer.headers.pop("Content-Type")
    return answer


def only(*methods: str) -> None:
    """Raises MethodNotAllowed where the request has another method."""
    if request.method not in methods:
        raise MethodNotAllowed(methods)


def _problem(code: str, description: str, status: int, headers: dict[str, str] | None = None) -> Response:
    answer = said({"error": code, "error_description": description}, status)
    answer.headers.update(headers or {})
    return answer


def _not_authorized(error: OAuthError) -> ResponseReturnValue:
    _log.info("ssf.refused", code=error.code, detail=error.detail, endpoint=request.endpoint)
    return _problem(error.oauth_error, error.description, error.status, challenge(error, "ssf"))


def _refused(error: Refusal) -> ResponseReturnValue:
    _log.info("ssf.refused", code=error.code, detail=error.detail, endpoint=request.endpoint)
    wait = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyAttempts) else None
    return _problem(error.code, error.detail, error.status, wait)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return _problem("invalid_request", error.name, error.code or 400, headers)


def _unavailable(error: StoreUnavailable) -> ResponseReturnValue:
    _log.error("ssf.store_unavailable", detail=error.detail, endpoint=request.endpoint)
    return _problem("temporarily_unavailable", "try again later", 503, {"Retry-After": "5"})
