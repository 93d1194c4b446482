"""Documents that hardly ever change, answered before Flask begins: what it does around a request costs ten times what
sending ready bytes does, and relying parties fetch these far more often than anybody signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class _Ready:
    """An answer as the application once gave it."""

    document: bytes
    status: str
    headers: list[tuple[str, str]]


class ReadyAnswers:
    """Stands before `application` and repeats its answer to a GET as long as the document is the same object.

    `documents` says per path which octets are the answer now. Everything else, other methods too, goes through.
    """

    def __init__(self, application: WSGIApplication, documents: Mapping[str, Callable[[], bytes]]) -> None:
        self._application = application
        self._documents = documents
        self._kept: dict[str, _Ready] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """PEP 3333."""
        path = environ["PATH_INFO"]
        document = self._documents.get(path)
        if document is None or environ["REQUEST_METHOD"] != "GET":
            return self._application(environ, start_response)
        now, kept = document(), self._kept.get(path)
        if kept is None or kept.document is not now:
            return self._learn(path, now, environ, start_response)
        # A copy: servers and middleware may write into what they are given.
        start_response(kept.status, list(kept.headers))
        return [now]

    def _learn(
        self, path: str, document: bytes, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def listening(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
            begun.append((status, list(headers)))
            return start_response(status, headers, *rest)

        answer = self._application(environ, listening)
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        status, headers = begun[-1]
        # Anything but the plain document was about this one request: a failure, a cookie.
        if status.startswith("200 ") and body == document and not any(name == "Set-Cookie" for name, _ in headers):
            self._kept[path] = _Ready(document, status, headers)
        return [body]
