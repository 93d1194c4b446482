"""The provider's agency API as a relying party's server calls it, with a token of its own. RFC 6749 §4.4."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from relying_parties.published_keys import openid_configuration

_TIMEOUT = (3, 30)
_PAGE = 1000


class AgencyApiRefused(Exception):
    """The provider did not do what was asked; the words are its own and name nobody."""


@dataclass
class AgencyClient:
    """Calls below `/agency/v1`; asks for a new token whenever the one it has is refused."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    _token: str = field(default="", repr=False)

    def compare(self, buckets: dict[str, Any]) -> list[str]:
        """The buckets that differ from ours; the provider takes what is equal for confirmed."""
        said = self._call("POST", "/links/digest", json={"buckets": buckets})
        return [str(name) for name in said["differing"]]

    def links(self, buckets: list[str]) -> list[dict[str, Any]]:
        """The provider's links of these buckets."""
        found: list[dict[str, Any]] = []
        query = {"bucket": ",".join(buckets), "limit": str(_PAGE)}
        while True:
            page = self._call("GET", "/links", params=query)
            found += page["links"]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answered = self._send(method, path, **options)
        if answered.status_code == 401:
            self._token = self._new_token()
            answered = self._send(method, path, **options)
        if answered.status_code != 200:
            raise AgencyApiRefused(f"{method} {path}: {answered.status_code} {answered.text[:200]}")
        said: dict[str, Any] = answered.json()
        return said

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"{self.issuer}/agency/v1{path}"
        return requests.request(method, url, headers=headers, timeout=_TIMEOUT, allow_redirects=False, **options)

    def _new_token(self) -> str:
        described = requests.get(openid_configuration(self.issuer), timeout=_TIMEOUT, allow_redirects=False).json()
        # A document of another issuer would have us show our secret there. OpenID Connect Discovery 1.0 §4.3.
        if described.get("issuer") != self.issuer:
            raise AgencyApiRefused("the discovery document names another issuer")
        answered = requests.post(
            described["token_endpoint"],
            data={"grant_type": "client_credentials", "scope": "links.read links.manage"},
            auth=(self.client_id, self.client_secret),
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
        if answered.status_code != 200:
            raise AgencyApiRefused(f"no token: {answered.status_code} {answered.text[:200]}")
        return str(answered.json()["access_token"])
