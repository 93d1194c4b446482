"""Connections that cannot be led inside: every address is judged at the moment of connecting to it.

A registered host name is under its owner's control, and so is what it resolves to, a second later as well. Judging a
name once and connecting to it afterwards is how DNS rebinding works (CWE-918, CWE-367); here the socket itself asks.
"""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import Sequence
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from idp.egress import AddressRefused, Egress
from idp.settings import Events
from idp.transmitter.names import Names

_KEEP_ALIVE = 5.0


class _JudgingResolver(AbstractResolver):
    """Refuses a name as soon as one of its addresses is not allowed: an honest name does not mix the two.

    Looks a name up once for all who ask meanwhile. Looking up keeps a thread for as long as the name's server likes,
    however soon we give up, and there are few: one agency's dead name server would else take them all.
    """

    def __init__(self, egress: Egress, resolver: AbstractResolver) -> None:
        self._egress = egress
        self._resolver = resolver
        self._asked: dict[tuple[str, int, int], asyncio.Task[list[ResolveResult]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        wanted = (host, port, family)
        asked = self._asked.get(wanted)
        if asked is None:
            asked = self._asked[wanted] = asyncio.create_task(self._resolver.resolve(host, port, family))
            asked.add_done_callback(functools.partial(self._answered, wanted))
        found = await asyncio.shield(asked)
        if not all(self._egress.allows(result["host"]) for result in found):
            raise AddressRefused
        return found

    def _answered(self, wanted: tuple[str, int, int], asked: asyncio.Task[list[ResolveResult]]) -> None:
        del self._asked[wanted]
        if not asked.cancelled():
            asked.exception()  # looked at, should nobody wait for it any more

    async def close(self) -> None:
        await self._resolver.close()


def connector(egress: Egress, resolver: AbstractResolver | None = None) -> aiohttp.TCPConnector:
    """A connector that opens no socket to a refused address, whether it was written in the URL or resolved.

    Call on the running event loop.
    """

    def judged_socket(info: tuple[Any, Any, int, str, Sequence[Any]]) -> socket.socket:
        family, kind, protocol, _, address = info
        if not egress.allows(str(address[0])):
            raise AddressRefused
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        resolver=_JudgingResolver(egress, resolver or Names()),
        socket_factory=judged_socket,
        use_dns_cache=False,
        limit=0,  # each lane holds itself to its own concurrency; a shared limit would let one starve the others
        keepalive_timeout=_KEEP_ALIVE,
    )


def client_session(
    egress: Egress, events: Events, response: type[aiohttp.ClientResponse] = aiohttp.ClientResponse
) -> aiohttp.ClientSession:
    """What requests to relying parties are sent by: by that connector, within their time, and remembering nothing. Call
    on the running event loop, and close it."""
    timeout = aiohttp.ClientTimeout(
        total=events.total_timeout.total_seconds(), connect=events.connect_timeout.total_seconds()
    )
    return aiohttp.ClientSession(
        connector=connector(egress),
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "onepass-idp", "Accept-Encoding": "identity"},
        auto_decompress=False,
        response_class=response,
        trust_env=False,
    )
