"""What one relying party is told from outside: variables that start with its name, else the demo's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Settings:
    """One relying party's configuration. A field `url` of voucher is read from `VOUCHER_URL`, and so on."""

    name: str
    """Short name: the cookie, the environment variables and the log carry it."""
    title: str
    """The site's name, as its visitors know it."""
    url: str
    """Our public address. Never taken from the Host header, which a visitor can choose."""
    client_id: str
    """Who we are to the identity provider; of a SAML party, its entityID."""
    events_authorization: str
    """The exact Authorization header value the transmitter must send."""
    scim_token: str = ""
    """What the identity provider shows when it makes accounts here; empty: there is no such service."""
    client_secret: str = ""
    """Empty for a public client."""
    scope: str = ""
    """What we ask to learn of a member."""
    prompt: str = ""
    """`consent` when `scope` asks for `offline_access`: the member must agree to that each time it is asked for."""
    issuer: str = "http://127.0.0.1:8000"
    """`iss` of everything we accept, compared byte for byte."""
    idp_metadata_url: str = ""
    """Where a SAML party reads the identity provider's keys and addresses."""
    want_signed_responses: str = "true"
    """`false`: a SAML response need not be signed, only the assertion in it."""
    events_audience: str = ""
    """`aud` of events for us; empty: `client_id`."""
    schema_base: str = "https://schemas.onepass.example"
    """Where the URI of the identity provider's own event type lives."""
    database: str = ""
    """Our SQLite file; empty: `var/<name>.db`."""
    session_minutes: str = "480"
    """How long a session lasts without a page being opened; it ends after eight hours in any case."""
    port: str = ""
    """Where we listen on 127.0.0.1; empty: the port of `url`."""

    @property
    def audience(self) -> str:
        return self.events_audience or self.client_id

    @property
    def database_path(self) -> Path:
        return Path(self.database or f"var/{self.name}.db")

    @property
    def listening_port(self) -> int:
        return int(self.port or urlsplit(self.url).port or 80)

    @property
    def session_seconds(self) -> int:
        return int(self.session_minutes) * 60

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS, so that cookies may say `Secure`."""
        return self.url.startswith("https://")

    @property
    def link_changed(self) -> str:
        """The URI of the event that says a link began or ended."""
        return f"{self.schema_base}/secevent/link/event-type/account-link-changed"


def from_environment(defaults: Settings, environment: Mapping[str, str]) -> Settings:
    """`defaults`, with whatever the environment says instead."""
    prefix = f"{defaults.name.upper()}_"
    fields = set(Settings.__dataclass_fields__) - {"name", "title"}
    given = {field: environment[prefix + field.upper()] for field in fields if prefix + field.upper() in environment}
    return replace(defaults, **given)
