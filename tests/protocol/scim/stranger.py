"""A SCIM service by strangers (scim2-server), on a real socket, with what happens on the way under a test's control."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import requests
from scim2_models import Schema, SchemaExtension, ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)

import idp.provisioning
from idp.provisioning.user import EXTENSION, PATCH, USER

TOKEN = "of-this-test-and-no-other"
Environment = dict[str, Any]
StartResponse = Callable[..., Any]


@dataclass
class Stranger:
    """`before` may answer in the service's place; `lose` makes the answer to what was done vanish."""

    storage: InMemoryStorage = field(default_factory=InMemoryStorage)
    before: Callable[[str, str], tuple[int, bytes] | None] = lambda _method, _path: None
    lose: Callable[[str], bool] = lambda _method: False
    heard: Callable[[bytes], object] = lambda _body: None
    """Told the body of each POST."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    extended: bool = True
    """Whether it has loaded the schema that we publish."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._service = BearerTokenApplication(self.storage, _provider(self.extended), bearer_tokens=[TOKEN])

    def __call__(self, environ: Environment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if environ["HTTP_USER_AGENT"] != "onepass-idp":
            return self._service(environ, start_response)
        with self._lock:
            self.requests.append((method, path))
        instead = self.before(method, path)
        if instead is not None:
            start_response(f"{instead[0]} Instead", [("Content-Type", "application/scim+json")])
            return [instead[1]]
        if method == "POST":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(body)
            self.heard(body)
        said = self._service(environ, start_response)
        if self.lose(method):
            raise ConnectionAbortedError
        return said

    @property
    def accounts(self) -> list[dict[str, Any]]:
        """What the service keeps, as it would show it."""
        return [each.model_dump() for each in self.storage.resources]

    def add(self, **values: Any) -> None:
        """An account that the agency made itself."""
        self._ask("POST", "/Users", {"schemas": [USER], **values})

    def patch(self, **values: Any) -> None:
        """Change the only account, as the agency itself would."""
        (account,) = self.accounts
        change = {"op": "replace", "value": values}
        self._ask("PATCH", f"/Users/{account['id']}", {"schemas": [PATCH], "Operations": [change]})

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
        answer = requests.request(method, self.url + path, data=json.dumps(body), headers=headers, timeout=5)
        assert answer.status_code in (200, 201, 204)

    def count(self, method: str, path: str = "") -> int:
        """How often that was asked."""
        return sum(1 for asked, where in self.requests if asked == method and where.startswith(path))


def _provider(extended: bool) -> ScimProvider:
    schemas, types = load_default_schemas(), load_default_resource_types()
    if extended:
        ours = Schema.model_validate_json((Path(idp.provisioning.__path__[0]) / "schemas/member.json").read_bytes())
        schemas[EXTENSION] = ours
        extensions = types["User"].schema_extensions or []
        types["User"].schema_extensions = [
            *extensions,
            SchemaExtension.model_validate({"schema": EXTENSION, "required": False}),
        ]
    return ScimProvider.from_discovery(schemas.values(), types.values(), config=load_default_service_provider_config())


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A lost answer is part of the tests."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""


@contextmanager
def serving(stranger: Stranger) -> Iterator[Stranger]:
    """The same, answering at its `url`."""
    server = make_server("127.0.0.1", 0, stranger, server_class=_Server, handler_class=_Quiet)
    stranger.url = f"http://127.0.0.1:{server.server_address[1]}/v2"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stranger
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
