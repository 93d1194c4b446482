"""What a browser itself says of a journey: every request it made, every answer, every complaint of its console."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

_UNLOADED = "Failed to load resource"


class Watch:
    """Listens from the first page on; `verdict` at the end."""

    def __init__(self, context: BrowserContext) -> None:
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self.statuses: list[tuple[int, str]] = []
        self._expected: set[int] = set()
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", self._error)

    def expect(self, *statuses: int) -> None:
        """Answers of these statuses are part of the journey; any other from 400 on is not."""
        self._expected.update(statuses)

    def verdict(self) -> None:
        """Fail when a request left this machine (REQ-91), a page complained (CSP3 among others) or was refused."""
        assert [url for url in self.requested if urlsplit(url).hostname not in ("127.0.0.1", "localhost", None)] == []
        assert self.complaints == []
        refused = [answer for answer in self.statuses if answer[0] >= 400 and answer[0] not in self._expected]
        assert refused == []

    def _request(self, request: Request) -> None:
        self.requested.append(request.url)

    def _response(self, response: Response) -> None:
        self.statuses.append((response.status, response.url.partition("?")[0]))

    def _console(self, message: ConsoleMessage) -> None:
        # A status the journey expects is a complaint to the browser all the same; `statuses` has it already.
        if message.type in ("error", "warning") and not message.text.startswith(_UNLOADED):
            self.complaints.append(message.text)

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"uncaught {error.error}")
