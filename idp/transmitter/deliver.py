"""Sending a message once. Never raises for what a receiver, its network or its registration does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import aiohttp
import structlog
from aiohttp.connector import Connection

from idp.clock import Clock
from idp.egress import AddressRefused, Egress
from idp.signals.catalogue import Channel
from idp.transmitter.claim import Claimed
from idp.transmitter.destinations import Destination
from idp.transmitter.record import Attempt
from idp.transmitter.sign import Message
from idp.transmitter.verdict import Answer, judge, unanswered

_log = structlog.get_logger()
_LONGEST_BODY = 4096
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SET = {"Content-Type": "application/secevent+jwt", "Accept": "application/json"}


class Response(aiohttp.ClientResponse):
    """Remembers who answered: the connection itself may have gone back to its pool before anybody can ask it."""

    peer: str | None = None

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """As aiohttp does."""
        transport = connection.transport
        name = transport.get_extra_info("peername") if transport is not None else None
        self.peer = name[0] if isinstance(name, tuple) else None
        return await super().start(connection)


@dataclass(frozen=True, slots=True)
class Deliver:
    """Sends one row to its destination and tells how it went."""

    session: aiohttp.ClientSession
    egress: Egress
    clock: Clock

    async def __call__(self, row: Claimed, destination: Destination, message: Message | Answer) -> Attempt:
        """One attempt. RFC 8935 §2; OpenID Connect Back-Channel Logout 1.0 §2.5."""
        loop = asyncio.get_running_loop()
        started_at, started = self.clock.now(), loop.time()
        if isinstance(message, Answer):
            return Attempt(row=row, answer=message, started_at=started_at, milliseconds=0)
        if not self.egress.allows_scheme(destination.url):
            answer, peer = unanswered("insecure_url"), None
        else:
            try:
                answer, peer = await self._post(row.channel, destination, message.text)
            except Exception:  # noqa: BLE001  # logged with its trace on the next line
                # What nobody foresaw must cost this lane its pace, not every lane its worker.
                _log.exception("events.attempt_broke", jti=row.jti, relying_party=row.relying_party_id)
                answer, peer = unanswered("fault"), None
        return Attempt(
            row=row,
            answer=answer,
            started_at=started_at,
            milliseconds=round((loop.time() - started) * 1000),
            kid=message.kid,
            message_sha256=message.sha256,
            peer=peer,
        )

    async def _post(self, channel: Channel, destination: Destination, message: str) -> tuple[Answer, str | None]:
        try:
            # Both tries take no longer than one may: a lease is not made for more.
            async with asyncio.timeout(self.session.timeout.total):
                try:
                    return await self._post_once(channel, destination, message)
                except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                    # Most likely a kept connection that its server was just closing; says nothing of the endpoint yet.
                    return await self._post_once(channel, destination, message)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return unanswered(what_failed(error)), None

    async def _post_once(self, channel: Channel, destination: Destination, message: str) -> tuple[Answer, str | None]:
        headers = dict(_SET if channel is Channel.EVENT else _FORM)
        if destination.authorization_header is not None:
            headers["Authorization"] = destination.authorization_header
        # A compact JWS is made of characters that a form leaves as they are.
        body = message if channel is Channel.EVENT else f"logout_token={message}"
        # Following a redirect would send the message where nobody registered.
        async with self.session.post(
            destination.url, data=body.encode("ascii"), headers=headers, allow_redirects=False
        ) as response:
            said = await _beginning(response) if response.status == 400 else b""
            answer = judge(channel, response.status, response.headers.get("Retry-After"), said, self.clock.now())
            return answer, response.peer if isinstance(response, Response) else None


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of a body; what lies beyond is left unread and its connection closed."""
    body = b""
    while len(body) < _LONGEST_BODY:
        chunk = await response.content.read(_LONGEST_BODY - len(body))
        if not chunk:
            break
        body += chunk
    return body


_FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    # Leaves before the classes they come from.
    (aiohttp.ConnectionTimeoutError, "connect_timeout"),
    (TimeoutError, "timeout"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ServerDisconnectedError, "disconnected"),
    (OSError, "disconnected"),
)


def what_failed(error: BaseException) -> str:
    """A short word for why no answer came."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, AddressRefused):
        return "address_refused"
    return next((name for kind, name in _FAILURES if isinstance(error, kind)), "protocol")
