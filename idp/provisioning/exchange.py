"""One request to an agency's service and its answer, both bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import aiohttp
from yarl import URL

from idp.clock import Clock
from idp.egress import Egress
from idp.errors import IdpError
from idp.signals.catalogue import Channel
from idp.transmitter.deliver import what_failed
from idp.transmitter.verdict import Answer, Verdict, judge, unanswered

Method = Literal["GET", "POST", "PATCH"]
_LONGEST_BODY = 256 * 1024
_SCIM_TYPES = frozenset(
    [
        "invalidFilter",
        "tooMany",
        "uniqueness",
        "mutability",
        "invalidSyntax",
        "invalidPath",
        "noTarget",
        "invalidValue",
        "invalidVers",
    ]
)
"""RFC 7644 §3.12, table 9. Other words of the service are not repeated: they may hold personal data."""
_OUR_FAULT = frozenset((400, 413, 422))


class ServiceFailed(IdpError):
    """The service did not do what was asked; `answer` says who is to blame."""

    code = "provisioning_service_failed"

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.outcome)
        self.answer = answer


def failed(outcome: str, status: int | None = None) -> ServiceFailed:
    """What the service does is of no use for any member."""
    return ServiceFailed(Answer(Verdict.ENDPOINT_FAILED, outcome, status))


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: `document` is the JSON object in the body, None where there is none."""

    status: int
    etag: str | None
    retry_after: str | None
    document: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """Sends one request to a registered address; follows nothing, keeps nothing."""

    session: aiohttp.ClientSession
    egress: Egress
    clock: Clock

    async def __call__(self, method: Method, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """The reply.

        Raises:
            ServiceFailed: none came that could be read.
        """
        if not self.egress.allows_scheme(url):
            raise failed("insecure_url")
        try:
            # As it is: yarl would take dots for steps and decode what an id needs encoded.
            async with self.session.request(
                method, URL(url, encoded=True), data=body, headers=dict(headers), allow_redirects=False
            ) as response:
                octets = await _bounded(response)
                etag, retry_after = response.headers.get("ETag"), response.headers.get("Retry-After")
                return Reply(response.status, etag, retry_after, _object(octets))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ServiceFailed(unanswered(what_failed(error))) from error

    def refusal(self, reply: Reply) -> ServiceFailed:
        """What a reply means that is none of those hoped for."""
        if reply.status in _OUR_FAULT:
            said = (reply.document or {}).get("scimType")
            known = isinstance(said, str) and said in _SCIM_TYPES
            outcome = f"scim_{said}" if known else f"http_{reply.status}"
            return ServiceFailed(Answer(Verdict.MESSAGE_REFUSED, outcome, reply.status))
        answer = judge(Channel.SCIM, reply.status, reply.retry_after, b"", self.clock.now())
        return failed("malformed", reply.status) if answer.verdict is Verdict.ACCEPTED else ServiceFailed(answer)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    while chunk := await response.content.read(_LONGEST_BODY + 1 - len(body)):
        body += chunk
        if len(body) > _LONGEST_BODY:
            raise failed("too_large", response.status)
    return bytes(body)


def _object(octets: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(octets, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
