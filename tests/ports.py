"""Ports for programs that tests start, held for as long as they may run."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def reserved_ports(count: int) -> Iterator[list[int]]:
    """Ports of the loopback address that nobody else is given meanwhile, and on which servers may listen.

    A port that was only looked for and let go is given to the next who looks, in another process too; two servers that
    share their sockets then both listen there, and answer each other's browsers. One that is bound and does not listen
    stays taken for whoever asks for any, and free for a server that reuses addresses.
    """
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in held:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            each.bind(("127.0.0.1", 0))
        yield [each.getsockname()[1] for each in held]
