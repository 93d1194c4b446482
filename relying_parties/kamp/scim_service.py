"""The SCIM 2.0 service at which the identity provider makes accounts for members who chose this site."""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from relying_parties.kamp.made_accounts import Made, MadeAccounts, NotUnique
from relying_parties.kamp.scim_patch import BadPatch, is_text, patched

PATH = "/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
MEMBER = "urn:onepass:scim:member:1.0:User"
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_FILTER = re.compile(r'\s*(externalId|userName)\s+eq\s+("(?:[^"\\]|\\.)*")\s*', re.IGNORECASE)
_COLUMNS = {"externalid": "external_id", "username": "user_name"}
_MOST, _FARTHEST = 100, 10**9
_LONGEST_BODY = 64 * 1024
_MEMBER_ATTRIBUTES = (
    "linkId", "memberType", "enterpriseUuid", "businessNumber", "companyName", "representativeName", "foundedOn",
)  # fmt: skip


class _Refused(Exception):
    def __init__(self, status: int, scim_type: str | None = None) -> None:
        super().__init__(scim_type or str(status))
        self.status = status
        self.scim_type = scim_type


@dataclass(frozen=True)
class ScimService:
    """Answers the identity provider, and nobody else."""

    accounts: MadeAccounts
    token: str
    base_url: str

    def blueprint(self) -> Blueprint:
        """Everything below `/scim/v2`."""
        doors = Blueprint("scim", __name__, url_prefix=PATH)
        doors.before_request(self._authenticate)
        doors.register_error_handler(_Refused, _refusal)
        doors.register_error_handler(NotUnique, lambda _: _refusal(_Refused(409, "uniqueness")))
        # Nested so deep that it could just be read.
        doors.register_error_handler(RecursionError, lambda _: _refusal(_Refused(400, "invalidSyntax")))
        doors.register_error_handler(BadPatch, lambda error: _refusal(_Refused(400, str(error))))
        doors.add_url_rule("/ServiceProviderConfig", "config", self.config)
        doors.add_url_rule("/Schemas/<schema>", "schema", self.schema)
        doors.add_url_rule("/Users", "search", self.search)
        doors.add_url_rule("/Users", "make", self.make, methods=["POST"])
        doors.add_url_rule("/Users/<identifier>", "show", self.show)
        doors.add_url_rule("/Users/<identifier>", "change", self.change, methods=["PATCH"])
        return doors

    def config(self) -> Response:
        """RFC 7643 §5."""
        no = {"supported": False}
        return _answer(
            {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
                "patch": {"supported": True},
                "filter": {"supported": True, "maxResults": _MOST},
                "etag": {"supported": True},
                "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
                "changePassword": no,
                "sort": no,
                "authenticationSchemes": [
                    {
                        "type": "oauthbearertoken",
                        "name": "Bearer token",
                        "description": "A token agreed on by both sides",
                    }
                ],
            }
        )

    def schema(self, schema: str) -> Response:
        """RFC 7643 §7, of the schema that the identity provider adds."""
        if schema != MEMBER:
            raise _Refused(404)
        plain = {"type": "string", "multiValued": False, "required": False, "caseExact": True, "uniqueness": "none"}
        attributes = [
            {"name": name, "description": name, "mutability": "readWrite", "returned": "default", **plain}
            for name in _MEMBER_ATTRIBUTES
        ]
        return _answer(
            {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
                "id": MEMBER,
                "name": "Member",
                "description": "What an integrated account adds",
                "attributes": attributes,
            }
        )

    def search(self) -> Response:
        """RFC 7644 §3.4.2."""
        column, value = "", ""
        if "filter" in request.args:
            asked = _FILTER.fullmatch(request.args["filter"])
            if asked is None:
                raise _Refused(400, "invalidFilter")
            column, value = _COLUMNS[asked[1].lower()], _text(asked[2])
        start = min(max(request.args.get("startIndex", 1, type=int), 1), _FARTHEST)
        count = min(max(request.args.get("count", _MOST, type=int), 0), _MOST)
        total, found = self.accounts.search(column, value, start, count)
        shown = [each.shown(self.base_url) for each in found]
        return _answer(
            {
                "schemas": [_LIST],
                "totalResults": total,
                "startIndex": start,
                "itemsPerPage": len(shown),
                "Resources": shown,
            }
        )

    def make(self) -> Response:
        """RFC 7644 §3.3."""
        said = _said()
        schemas, name = said.get("schemas"), said.get("userName")
        if not isinstance(schemas, list) or USER not in schemas or any(each not in (USER, MEMBER) for each in schemas):
            raise _Refused(400, "invalidSyntax")
        if not is_text(name) or not (said.get("externalId") is None or is_text(said["externalId"])):
            raise _Refused(400, "invalidValue")
        kept = {attribute: value for attribute, value in said.items() if attribute not in ("id", "meta", "password")}
        return self._one(self.accounts.make(kept), 201)

    def show(self, identifier: str) -> Response:
        """RFC 7644 §3.4.1."""
        found = self.accounts.find(identifier)
        if found is None:
            raise _Refused(404)
        return self._one(found)

    def change(self, identifier: str) -> Response:
        """RFC 7644 §3.5.2."""
        said = _said()
        try:
            changed = self.accounts.change(
                identifier, request.headers.get("If-Match"), lambda resource: patched(resource, said)
            )
        except KeyError:
            raise _Refused(404) from None
        if changed is None:
            raise _Refused(412)
        return self._one(changed)

    def _one(self, made: Made, status: int = 200) -> Response:
        shown = made.shown(self.base_url)
        headers = {"ETag": made.etag, "Location": shown["meta"]["location"]}
        return _answer(shown, status, headers)

    def _authenticate(self) -> Response | None:
        given = request.headers.get("Authorization", "").encode()
        if hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            return None
        refused = _refusal(_Refused(401))
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused


def _text(quoted: str) -> str:
    try:
        said = json.loads(quoted)
    except ValueError:
        said = None
    if not is_text(said):
        raise _Refused(400, "invalidFilter")
    return str(said)


def _said() -> dict[str, Any]:
    request.max_content_length = _LONGEST_BODY
    try:
        said = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise _Refused(400, "invalidSyntax")
    return said


def _answer(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, headers, content_type="application/scim+json")


def _refusal(refused: _Refused) -> Response:
    body: dict[str, Any] = {"schemas": [_ERROR], "status": str(refused.status)}
    return _answer(body if refused.scim_type is None else {**body, "scimType": refused.scim_type}, refused.status)
