"""`python -m simulator` serves; `python -m simulator papers` prints the `verification.providers` that lead to it, JSON.

Told by variables: SIMULATOR_URL (our public address), SIMULATOR_RETURN_TO (the identity provider's), SIMULATOR_KEYS
(the file of our keys), SIMULATOR_HOST (where to listen; 127.0.0.1 unless in a container),
SIMULATOR_CERTIFICATES (the folders of a laboratory's members; without it there is no 금융인증서), SIMULATOR_METHODS
(the methods that papers are handed out for, separated by blanks; without it, for all).
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from werkzeug.serving import WSGIRequestHandler, make_server

from simulator.keys import kept_keys, papers
from simulator.site import open_site


class _Handler(WSGIRequestHandler):
    """Logs the path without its query, which carries handles and codes."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        self.log("info", "%s %s %s", self.command, self.path.partition("?")[0], code)


def main() -> None:
    """Serve, or print the papers."""
    told = os.environ
    url = told.get("SIMULATOR_URL", "http://127.0.0.1:8110")
    keys = kept_keys(Path(told.get("SIMULATOR_KEYS", "var/simulator-keys.json")))
    folder = told.get("SIMULATOR_CERTIFICATES")
    if sys.argv[1:] == ["papers"]:
        methods = told.get("SIMULATOR_METHODS", "").split()
        handed_out = [
            paper for paper in papers(url, keys, certificates=bool(folder)) if not methods or paper["method"] in methods
        ]
        sys.stdout.write(json.dumps(handed_out, ensure_ascii=False))
        return
    back = told.get("SIMULATOR_RETURN_TO", "http://127.0.0.1:8000")
    app, _ = open_site(url, back, keys, certificates=Path(folder) if folder else None)
    host, port = told.get("SIMULATOR_HOST", "127.0.0.1"), urlsplit(url).port or 80
    with suppress(KeyboardInterrupt):
        make_server(host, port, app, threaded=True, request_handler=_Handler).serve_forever()


if __name__ == "__main__":
    main()
