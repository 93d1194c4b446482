"""What we ask of an agency's SCIM service: to find, make and change one account. RFC 7644."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import quote

from idp.provisioning.access import Access
from idp.provisioning.exchange import Exchange, Method, Reply, ServiceFailed, failed
from idp.provisioning.remote import Remote, remote_of
from idp.provisioning.user import EXTENSION
from idp.transmitter.verdict import Answer, Verdict

_SCIM = "application/scim+json"
_UNKNOWN_THERE = frozenset((403, 404, 405, 501))


class Unlike(Enum):
    """How what was asked for turned out, where it is not one account."""

    NONE = auto()
    SEVERAL = auto()
    CONFLICT = auto()
    CHANGED = auto()


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the service says it can. RFC 7643 §5."""

    patch: bool = True
    filter: bool = True
    extension: bool = False
    """Whether it knows our schema; a service may refuse what it does not (RFC 7644 §3.3)."""


@dataclass(slots=True)
class ScimClient:
    """One service. Lives in one event loop, as long as its registration stays as it is. Every request raises
    `ServiceFailed` where the service does not do what is asked."""

    base_url: str
    access: Access
    exchange: Exchange
    _abilities: Abilities | None = None

    async def abilities(self) -> Abilities:
        """Asked for once. RFC 7644 §4; a service that does not say is taken at the specification's word."""
        if self._abilities is None:
            said = await self._discovered("/ServiceProviderConfig") or {}
            schema = await self._discovered(f"/Schemas/{quote(EXTENSION, safe=':')}")
            self._abilities = Abilities(_supported(said, "patch"), _supported(said, "filter"), schema is not None)
        return self._abilities

    async def find(self, subject: str) -> Remote | Unlike:
        """The account whose `externalId` is this subject; else NONE or SEVERAL. RFC 7644 §3.4.2.

        A service that answers with others does not filter: nothing it says of absence can be believed, and an account
        must not be made on its word.
        """
        wanted = quote(f'externalId eq "{subject}"', safe="")
        reply = await self._send("GET", f"/Users?filter={wanted}")
        said = reply.document
        if reply.status != 200 or said is None:
            # A search that is refused is refused for every member.
            refused = self.exchange.refusal(reply).answer
            raise ServiceFailed(Answer(Verdict.ENDPOINT_FAILED, refused.outcome, refused.status, refused.wait))
        total, resources = said.get("totalResults"), said.get("Resources", [])
        if isinstance(total, bool) or not isinstance(total, int) or not isinstance(resources, list):
            raise failed("malformed", reply.status)
        ours = [each for each in resources if isinstance(each, dict) and each.get("externalId") == subject]
        if len(ours) < len(resources):
            raise failed("filter_ignored", reply.status)
        if not ours and total == 0:
            return Unlike.NONE
        if len(ours) > 1 or total > 1:
            return Unlike.SEVERAL
        return self._named(reply, ours[0] if ours else {}, None)

    async def create(self, resource: Mapping[str, Any]) -> Remote | Unlike:
        """The new account; CONFLICT where the service has one that stands in its way, also where it answers with that:
        another's account must not be told what is this member's. RFC 7644 §3.3."""
        reply = await self._send("POST", "/Users", resource)
        if reply.status == 409:
            return Unlike.CONFLICT
        if reply.status not in (200, 201):
            raise self.exchange.refusal(reply)
        answered = reply.document or {}
        if answered.get("externalId", resource["externalId"]) != resource["externalId"]:
            return Unlike.CONFLICT
        return self._named(reply, answered, reply.etag)

    async def change(self, remote: Remote, patch: Mapping[str, Any]) -> Remote | Unlike:
        """The account in its new version; CHANGED where it is not in ours any more, NONE where it is gone.
        RFC 7644 §3.5.2, §3.14."""
        condition = {"If-Match": remote.etag} if remote.etag is not None else {}
        reply = await self._send("PATCH", _path(remote), patch, condition)
        if reply.status in (404, 412):
            return Unlike.NONE if reply.status == 404 else Unlike.CHANGED
        if reply.status not in (200, 204):
            raise self.exchange.refusal(reply)
        return remote.at(reply.document or {}, reply.etag)

    async def look(self, remote: Remote, subject: str) -> Remote | Unlike:
        """The account as it is now; NONE where it is there no more, or no longer that of this subject."""
        reply = await self._send("GET", _path(remote))
        if reply.status == 404:
            return Unlike.NONE
        if reply.status != 200 or reply.document is None:
            raise self.exchange.refusal(reply)
        if reply.document.get("externalId") != subject:
            return Unlike.NONE
        return remote.at(reply.document, reply.etag)

    async def _discovered(self, path: str) -> Mapping[str, Any] | None:
        reply = await self._send("GET", path)
        if reply.status == 200 and reply.document is not None:
            return reply.document
        if reply.status in _UNKNOWN_THERE:
            return None
        raise self.exchange.refusal(reply)

    async def _send(
        self,
        method: Method,
        path: str,
        resource: Mapping[str, Any] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Reply:
        body = None if resource is None else json.dumps(resource, ensure_ascii=False).encode()
        headers = {"Accept": _SCIM, **({"Content-Type": _SCIM} if body is not None else {}), **(more or {})}

        async def once() -> Reply:
            authorized = {**headers, "Authorization": await self.access()}
            return await self.exchange(method, self.base_url + path, authorized, body)

        reply = await once()
        # A token may have been withdrawn before its time; a second refusal is of us, not of the token.
        return await once() if reply.status == 401 and self.access.forget() else reply

    @staticmethod
    def _named(reply: Reply, resource: Mapping[str, Any], etag: str | None) -> Remote:
        remote = remote_of(resource, etag)
        if remote is None:
            raise failed("malformed", reply.status)
        return remote


def _path(remote: Remote) -> str:
    """Never `meta.location`: the service does not decide where we go."""
    return f"/Users/{quote(remote.id, safe='')}"


def _supported(document: Mapping[str, Any], name: str) -> bool:
    said = document.get(name)
    return not (isinstance(said, dict) and said.get("supported") is False)
