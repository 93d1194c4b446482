"""What all endpoints for relying parties' servers share: a form by POST, refusals in JSON. RFC 6749 §3.2, §5.2."""

from __future__ import annotations

import json

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from idp.errors import StoreUnavailable, TooManyAttempts
from idp.oidc.errors import InvalidClient, InvalidRequest, OAuthError, challenge
from idp.oidc.parameters import parameters

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
# Every method comes here, so that a wrong one too is answered in JSON: what routing refuses gets the house's page.
ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]
FORM = "application/x-www-form-urlencoded"
_CREDENTIALS = (b"client_secret", b"client_assertion")

_log = structlog.get_logger(__name__)


def answers_json(doors: Blueprint) -> None:
    """Answer in JSON whatever is refused behind `doors`."""
    doors.register_error_handler(OAuthError, _oauth_error)
    doors.register_error_handler(HTTPException, _http_error)
    doors.register_error_handler(StoreUnavailable, _unavailable)
    doors.register_error_handler(TooManyAttempts, _too_many)


def only(*methods: str) -> None:
    """Let these methods in and no other."""
    if request.method not in methods:
        raise MethodNotAllowed(methods)


def posted_form() -> dict[str, str]:
    """The parameters of a form that was posted.

    Raises:
        InvalidRequest: it is none, cannot be read without doubt, or credentials came in the query.
    """
    only("POST")
    if any(name in request.query_string for name in _CREDENTIALS):
        raise InvalidRequest("credentials must not be sent in the query")
    if request.mimetype != FORM:
        raise InvalidRequest("content type must be application/x-www-form-urlencoded")
    return parameters(request.get_data())


def _oauth_error(error: OAuthError) -> ResponseReturnValue:
    _log.info("oauth.refused", code=error.code, detail=error.detail, endpoint=request.endpoint)
    body = {"error": error.oauth_error}
    if error.description:
        body["error_description"] = error.description
    realm = "token" if isinstance(error, InvalidClient) else "userinfo"
    headers = {**NO_STORE, **challenge(error, realm)}
    return Response(json.dumps(body), error.status, headers, content_type="application/json")


def _http_error(error: HTTPException) -> ResponseReturnValue:
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    body = json.dumps({"error": "invalid_request", "error_description": error.name})
    return Response(body, error.code or 400, {**NO_STORE, **headers}, content_type="application/json")


def _unavailable(error: StoreUnavailable) -> ResponseReturnValue:
    _log.error("oauth.store_unavailable", detail=error.detail, endpoint=request.endpoint)
    headers = {**NO_STORE, "Retry-After": "5"}
    return Response('{"error": "temporarily_unavailable"}', 503, headers, content_type="application/json")


def _too_many(error: TooManyAttempts) -> ResponseReturnValue:
    _log.info("oauth.too_many", code=error.code, detail=error.detail, endpoint=request.endpoint)
    body = json.dumps({"error": "temporarily_unavailable", "error_description": "too many requests"})
    headers = {**NO_STORE, "Retry-After": str(error.retry_after)}
    return Response(body, error.status, headers, content_type="application/json")
