"""Refusals and failures as problem documents. RFC 9457."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from idp.agency_api.refusals import ApiRefusal, BadLine, WrongMethod
from idp.errors import Refusal, StoreUnavailable, TooManyAttempts
from idp.oidc.errors import OAuthError, challenge
from idp.randomness import Randomness, case_blind_token
from idp.web.errors import STORE_RETRY_SECONDS, whereabouts

NO_STORE = {"Cache-Control": "no-store"}
_TITLES = {400: "Bad request", 404: "Not found", 409: "Conflict", 413: "The body is too large", 429: "Called too often"}

_log = structlog.get_logger(__name__)


def answer_problems(doors: Blueprint, randomness: Randomness) -> None:
    """Answer whatever goes wrong behind `doors` by a problem document."""

    def unexpected(error: Exception) -> Response:
        reference = case_blind_token(randomness, 5)
        _log.error("request.failed", reference=reference, **whereabouts(error))
        return problem(500, "internal_error", "Something broke on our side", reference=reference)

    def unavailable(error: StoreUnavailable) -> Response:
        reference = case_blind_token(randomness, 5)
        _log.error("request.store_unavailable", reference=reference, detail=error.detail, endpoint=request.endpoint)
        headers = {"Retry-After": str(STORE_RETRY_SECONDS)}
        return problem(503, error.code, "A store does not answer; try again", headers=headers, reference=reference)

    doors.register_error_handler(OAuthError, _oauth)
    doors.register_error_handler(Refusal, _refused)
    doors.register_error_handler(HTTPException, _http)
    doors.register_error_handler(StoreUnavailable, unavailable)
    doors.register_error_handler(Exception, unexpected)


def problem(status: int, code: str, title: str, *, headers: Mapping[str, str] | None = None, **said: Any) -> Response:
    """A problem document; what is None is left out."""
    document = {"type": f"urn:onepass:problem:{code}", "title": title, "status": status}
    document.update({name: value for name, value in said.items() if value is not None})
    body = json.dumps(document, ensure_ascii=False)
    return Response(body, status, {**NO_STORE, **(headers or {})}, content_type="application/problem+json")


def _oauth(error: OAuthError) -> Response:
    """RFC 6750 §3: the scheme, and why; nothing else is said to whoever has not shown who they are."""
    _log.info("agency_api.refused", code=error.code, endpoint=request.endpoint)
    title = "A token with another scope is needed" if error.status == 403 else "An access token is needed"
    headers = challenge(error, "agency")
    return problem(error.status, error.code, title, headers=headers, detail=error.description or None)


def _refused(error: Refusal) -> Response:
    _log.info("agency_api.refused", code=error.code, detail=error.detail, endpoint=request.endpoint)
    headers: dict[str, str] = {}
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, WrongMethod):
        headers["Allow"] = ", ".join(error.allowed)
    if not isinstance(error, ApiRefusal):
        return problem(error.status, error.code, _TITLES.get(error.status, "Refused"), headers=headers)
    line = error.line if isinstance(error, BadLine) else None
    return problem(error.status, error.code, error.title, headers=headers, detail=error.detail or None, line=line)


def _http(error: HTTPException) -> Response:
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    status = error.code or 500
    return problem(status, f"http_{status}", _TITLES.get(status, error.name), headers=headers)
