"""The address at which a relying party ends its session in the member's own browser. Front-Channel Logout 1.0."""

from __future__ import annotations

from urllib.parse import urlencode

from idp.agencies.registered_url import RegisteredUrl


def logout_address(uri: RegisteredUrl, issuer: str, sid: str) -> str:
    """The registered address with `iss` and `sid`, which we always tell; its own query is kept. §3."""
    begins = "&" if "?" in uri.value else "?"
    return f"{uri.value}{begins}{urlencode({'iss': issuer, 'sid': sid})}"
