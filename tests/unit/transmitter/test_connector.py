"""Where events may go."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from idp.egress import AddressRefused, Egress
from idp.settings import Settings
from idp.transmitter.connector import connector
from tests.protocol.ssf.receiver import receiver

_CLOSED = Egress(opened=(), plain_http=True)
_DEMO = Egress.of(Settings(environment="demo"))


class _Names(AbstractResolver):
    """A name server under somebody's control."""

    def __init__(self, answers: Callable[[], list[str]]) -> None:
        self._answers = answers

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in self._answers()
        ]

    async def close(self) -> None:
        """Nothing is open."""


def _post(egress: Egress, url: str, resolver: AbstractResolver | None = None) -> int:
    async def once() -> int:
        timeout = aiohttp.ClientTimeout(total=3)
        async with (
            aiohttp.ClientSession(connector=connector(egress, resolver), timeout=timeout) as session,
            session.post(url, data=b"x", allow_redirects=False) as response,
        ):
            return response.status

    return asyncio.run(once())


def _refused(egress: Egress, url: str, resolver: AbstractResolver | None = None) -> bool:
    with pytest.raises(aiohttp.ClientConnectorError) as caught:
        _post(egress, url, resolver)
    return isinstance(caught.value.os_error, AddressRefused)


def test_judges_an_address_written_into_the_url():
    """A literal never passes a resolver; the socket asks."""
    with receiver() as server:
        assert _refused(_CLOSED, server.url)
        assert not server.received
        assert _post(_DEMO, server.url) == 202


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1"])
def test_judges_what_an_odd_spelling_resolves_to(host: str):
    """The C library reads these as 127.0.0.1, and aiohttp refuses some of them before that."""
    with receiver() as server:
        with pytest.raises(aiohttp.ClientError):
            _post(_CLOSED, f"http://{host}:{server.server_address[1]}/")
        assert not server.received


def test_refuses_a_name_that_has_one_address_inside():
    """Two answers, one public: the connection must not fall back to the other."""
    with receiver() as server:
        names = _Names(lambda: ["8.8.8.8", "127.0.0.1"])
        assert _refused(_CLOSED, f"http://rp.example:{server.server_address[1]}/", names)
        assert not server.received


def test_judges_again_at_every_connection():
    """DNS rebinding: the name is honest when first asked and not the second time (CWE-367)."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    only_the_first = Egress(
        opened=Egress.of(Settings(private_event_targets=["127.0.0.1/32"], environment="production")).opened,
        plain_http=True,
    )
    names = _Names(lambda: next(answers))
    with receiver() as server:
        url = f"http://rp.example:{server.server_address[1]}/"
        assert _post(only_the_first, url, names) == 202
        assert _refused(only_the_first, url, names)
        assert len(server.received) == 1


def test_judges_at_the_socket_even_if_the_resolver_did_not():
    """Two checks: a resolver that was passed by leaves the one that counts."""

    async def through_the_socket_only() -> None:
        opened = connector(_CLOSED)
        opened._resolver = _Names(lambda: ["127.0.0.1"])
        async with aiohttp.ClientSession(connector=opened) as session:
            await session.post("http://rp.example:9/", data=b"x")

    with pytest.raises(aiohttp.ClientConnectorError) as caught:
        asyncio.run(through_the_socket_only())
    assert isinstance(caught.value.os_error, AddressRefused)


def test_takes_no_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    """A proxy variable left in a shell must not see withdrawals."""
    with receiver() as proxy, receiver() as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert _post(_DEMO, server.url) == 202
        assert not proxy.received


def test_keeps_one_thread_for_a_name_that_nobody_answers_for():
    """Threads that look names up are few: one agency's dead name server must not take those of all the others."""

    class Dead(AbstractResolver):
        asked = 0

        async def resolve(
            self,
            host: str,  # noqa: ARG002
            port: int = 0,  # noqa: ARG002
            family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
        ) -> list[ResolveResult]:
            self.asked += 1
            await asyncio.sleep(3600)
            return []

        async def close(self) -> None:
            """Nothing is open."""

    async def many(dead: Dead) -> None:
        async with connector(_DEMO, dead) as opened:
            assert isinstance(opened, aiohttp.TCPConnector)
            judging = opened._resolver
            for _ in range(2):
                waiting = [asyncio.wait_for(judging.resolve("dead.example", 443), 0.05) for _ in range(8)]
                ended = await asyncio.gather(*waiting, return_exceptions=True)
                assert all(isinstance(each, TimeoutError) for each in ended)

    dead = Dead()
    asyncio.run(many(dead))
    assert dead.asked == 1
