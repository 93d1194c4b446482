"""The sample member at a browser without scripts: follows redirects, fills in our forms, stops where we let go."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin

import requests

from idp.commands.demo_person import LOGIN_ID, PASSWORD
from tests.protocol.oidc.lab import hidden_in

_FORM = re.compile(r'<form[^>]*action="(/signin/[^"]+)"')
_MOST = 16


@dataclass
class Member:
    """One browser of 홍길동's; it keeps its cookies."""

    issuer: str
    session: requests.Session = field(default_factory=requests.Session)

    def visit(self, url: str) -> str:
        """The address outside the provider at which a visit of `url` ends; nothing is fetched there."""
        answered = self._get(url)
        for _ in range(_MOST):
            if answered.is_redirect:
                onward = urljoin(answered.url, answered.headers["Location"])
                if not onward.startswith(self.issuer + "/"):
                    return onward
                answered = self._get(onward)
                continue
            form = _FORM.search(answered.text)
            assert answered.status_code == 200, (answered.url, answered.status_code, answered.text)
            assert form is not None, (answered.url, answered.text)
            values = {"login_id": LOGIN_ID, "password": PASSWORD, "decision": "accept", **hidden_in(answered.text)}
            answered = self.session.post(
                urljoin(answered.url, unescape(form[1])),
                values,
                headers={"Origin": self.issuer},
                allow_redirects=False,
                timeout=10,
            )
        raise AssertionError(f"the pages do not end: {answered.url}")

    def _get(self, url: str) -> requests.Response:
        return self.session.get(url, allow_redirects=False, timeout=10)
