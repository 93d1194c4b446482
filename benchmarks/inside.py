"""`python -m benchmarks.inside`: the same cases without a server, one after another in this process, which noise from
neighbours moves least. Shows the processor time of ours alone, and with `--profile` where it goes."""

from __future__ import annotations

import cProfile
import io
import pstats
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from benchmarks import cases
from benchmarks.stage import filled_stores
from benchmarks.wire import Wire
from idp.app import create_app
from idp.settings import load

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_ROUNDS = 7


@dataclass(slots=True)
class _Application(Wire):
    """A connection that ends in the application itself."""

    application: WSGIApplication | None = None

    def exchange(self, request: bytes) -> bytes:
        """Call the application as PEP 3333 has a server do it."""
        assert self.application is not None
        head, _, body = request.partition(b"\r\n\r\n")
        line, *headers = head.decode("latin-1").split("\r\n")
        method, target, _version = line.split(" ")
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for header in headers:
            name, _, value = header.partition(": ")
            key = name.upper().replace("-", "_")
            environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
        begun: list[str] = []

        def start_response(status: str, answered: list[tuple[str, str]], _error: object = None) -> Any:
            begun[:] = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in answered)]

        answer: Iterable[bytes] = self.application(environ, start_response)
        content = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        return "\r\n".join([*begun, "", ""]).encode("latin-1") + content


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(cases.CASES)))
@click.option("--stores", type=click.Choice(["postgresql", "sqlite"]), default="postgresql", show_default=True)
@click.option("--times", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Operations in a round.")
@click.option("--profile", type=click.IntRange(0, 200), default=0, help="Show so many functions by their whole time.")
def inside(names: tuple[str, ...], stores: str, times: int, profile: int) -> None:
    """Measure NAMES (all, when none is given): the least of several rounds."""
    with filled_stores(stores, 200) as filled:
        application = create_app(load(filled.environment))
        for name in names or tuple(cases.CASES):
            aim = cases.Load(
                filled.port, filled.people, 0, 1, lambda port: _Application(port, application=application.wsgi_app)
            )
            operation, rounds = cases.CASES[name](aim), []
            many = times if name != "sign-in" else max(1, times // 20)
            for _ in range(_ROUNDS):
                before = time.process_time()
                for _ in range(many):
                    operation()
                rounds.append(1000 * (time.process_time() - before) / many)
            click.echo(f"{name:12} {min(rounds):.3f} CPU-ms")
            if profile:
                _show(operation, many, profile)


def _show(operation: cases.Operation, times: int, lines: int) -> None:
    profiler = cProfile.Profile()
    with profiler:
        for _ in range(times):
            operation()
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(lines)


if __name__ == "__main__":
    inside()
