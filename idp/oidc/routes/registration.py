"""Where clients register themselves and manage what they registered. RFC 7591, RFC 7592."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from idp import strict_json
from idp.agencies.self_registration.change_client import ChangeClient
from idp.agencies.self_registration.client_document import RegisteredClient
from idp.agencies.self_registration.end_client import EndClient
from idp.agencies.self_registration.find_token import FindInitialAccessToken
from idp.agencies.self_registration.read_client import ReadClient
from idp.agencies.self_registration.refusals import AccessRefused, ManagementRefused, RegistrationRefused
from idp.agencies.self_registration.register_client import RegisterClient
from idp.errors import TooManyAttempts
from idp.oidc.errors import InvalidRequest
from idp.oidc.routes.json_door import ANY_METHOD, NO_STORE, answers_json, only
from idp.web import exempt
from idp.web.browser import address

PATH: Final = "/oidc/register"
_LONGEST_BODY = 64 * 1024
_LONGEST_TOKEN = 200

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RegistrationDoor:
    """The registration endpoint, and under it one for each client."""

    issuer: str
    find_token: FindInitialAccessToken
    register: RegisterClient
    read: ReadClient
    change: ChangeClient
    end: EndClient
    count_caller: Callable[[str], None]
    """Counts a call from a network address; raises TooManyAttempts."""
    count_token: Callable[[str], None]
    """Counts a use, also a refused one, of an initial access token by its id; raises TooManyAttempts."""

    def blueprint(self) -> Blueprint:
        """`POST /oidc/register`; `GET`, `PUT`, `DELETE /oidc/register/<client_id>`."""
        doors = Blueprint("oidc_registration", __name__)
        doors.add_url_rule(PATH, view_func=self.registration, methods=ANY_METHOD)
        doors.add_url_rule(f"{PATH}/<client_id>", view_func=self.configuration, methods=ANY_METHOD)
        answers_json(doors)
        doors.register_error_handler(RegistrationRefused, _registration_refused)
        doors.register_error_handler(ManagementRefused, _management_refused)
        doors.register_error_handler(AccessRefused, _access_refused)
        doors.register_error_handler(TooManyAttempts, _too_many)
        exempt(doors)
        return doors

    def registration(self) -> ResponseReturnValue:
        """RFC 7591 §3."""
        only("POST")
        self.count_caller(address(request))
        token = self.find_token(_bearer())
        self.count_token(token.id)
        return self._told(self.register(token, _document()), 201)

    def configuration(self, client_id: str) -> ResponseReturnValue:
        """RFC 7592 §2."""
        only("GET", "HEAD", "PUT", "DELETE")
        self.count_caller(address(request))
        access_token = _bearer()
        if request.method == "DELETE":
            self.end(client_id, access_token)
            return Response(None, 204, NO_STORE)
        if request.method == "PUT":
            return self._told(self.change(client_id, access_token, _document()), 200)
        return self._told(self.read(client_id, access_token), 200)

    def _told(self, client: RegisteredClient, status: int) -> Response:
        return _json(client.document(f"{self.issuer}{PATH}"), status)


def _bearer() -> str:
    """The token in the `Authorization` header, and from nowhere else.

    Raises:
        AccessRefused: there is none.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(value.strip()) <= _LONGEST_TOKEN:
        raise AccessRefused
    return value.strip()


def _document() -> Mapping[str, Any]:
    """The metadata that was sent.

    Raises:
        InvalidRequest: it is no JSON object of one meaning, or too long.
    """
    if request.mimetype != "application/json":
        raise InvalidRequest("content type must be application/json")
    request.max_content_length = _LONGEST_BODY
    try:
        found = strict_json.read(request.get_data())
    except RequestEntityTooLarge:
        raise InvalidRequest("the client metadata is too long") from None
    except ValueError as error:
        raise InvalidRequest(f"the client metadata cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise InvalidRequest("the client metadata is no JSON object")
    return found


def _registration_refused(error: RegistrationRefused) -> ResponseReturnValue:
    _log.info("registration.refused", code=error.error, detail=error.description)
    return _json({"error": error.error, "error_description": error.description}, 400)


def _management_refused(error: ManagementRefused) -> ResponseReturnValue:
    _log.info("registration.refused", code=error.code, detail=error.detail)
    return _json({"error": "invalid_request", "error_description": error.detail}, 400)


def _access_refused(error: AccessRefused) -> ResponseReturnValue:
    """RFC 6750 §3.1: whoever sent no token is told the scheme and nothing else."""
    _log.info("registration.refused", code=error.code, detail=error.detail)
    said = ', error="invalid_token"' if "Authorization" in request.headers else ""
    challenge = {"WWW-Authenticate": f'Bearer realm="registration"{said}'}
    return _json({"error": "invalid_token"}, 401, challenge)


def _too_many(error: TooManyAttempts) -> ResponseReturnValue:
    _log.info("registration.refused", code=error.code, detail=error.detail)
    return _json({"error": "temporarily_unavailable"}, 429, {"Retry-After": str(error.retry_after)})


def _json(body: Mapping[str, Any], status: int, headers: Mapping[str, str] | None = None) -> Response:
    said = json.dumps(body, ensure_ascii=False)
    return Response(said, status, {**NO_STORE, **(headers or {})}, content_type="application/json")
