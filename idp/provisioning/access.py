"""What proves to an agency's service who we are."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote_plus

from idp.clock import Clock
from idp.provisioning.exchange import Exchange, failed

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,8192}=*")
_MARGIN = timedelta(seconds=30)
_UNSAID, _LONGEST = timedelta(minutes=5), timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token that was agreed on; or, with `token_endpoint`, the client credentials that get one."""

    secret: str = field(repr=False)
    client_id: str | None = None
    token_endpoint: str | None = None


@dataclass(slots=True)
class Access:
    """The `Authorization` of one service's requests. Lives in one event loop."""

    credentials: Credentials
    exchange: Exchange
    clock: Clock
    _token: str | None = None
    _good_until: datetime | None = None

    async def __call__(self) -> str:
        """The header's value. RFC 6750 §2.1, RFC 6749 §4.4.

        Raises:
            ServiceFailed: there is no token to be had.
        """
        if self.credentials.token_endpoint is None:
            return f"Bearer {self.credentials.secret}"
        now = self.clock.now()
        if self._token is None or self._good_until is None or self._good_until <= now:
            await self._renew(self.credentials.token_endpoint, now)
        return f"Bearer {self._token}"

    def forget(self) -> bool:
        """Drop a token that was not taken; whether another can be had."""
        self._token = None
        return self.credentials.token_endpoint is not None

    async def _renew(self, endpoint: str, now: datetime) -> None:
        # Form-encoded before they are joined: RFC 6749 §2.3.1.
        both = ":".join(quote_plus(each) for each in (self.credentials.client_id or "", self.credentials.secret))
        headers = {
            "Authorization": f"Basic {base64.b64encode(both.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        reply = await self.exchange("POST", endpoint, headers, b"grant_type=client_credentials")
        said = reply.document or {}
        token, kind = said.get("access_token"), said.get("token_type")
        usable = isinstance(token, str) and _TOKEN.fullmatch(token) and isinstance(kind, str)
        if reply.status != 200 or not usable or str(kind).lower() != "bearer":
            # Whatever is wrong with our credentials is wrong for every member.
            raise failed("no_token", reply.status)
        self._token = str(token)
        self._good_until = now + _lifetime(said.get("expires_in")) - _MARGIN


def _lifetime(seconds: object) -> timedelta:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
        return _UNSAID
    return min(timedelta(seconds=min(seconds, 86_400)), _LONGEST)
