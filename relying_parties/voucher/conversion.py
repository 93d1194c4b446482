"""Sending the holder of an account of ours to become an integrated member (기존회원 전환).

legacy login ──▶ first page, with the notice ──▶ /conversion ──▶ provider's /convert?request=<JWS>

The request is signed with the SHA-256 of our client secret in hex, since the provider keeps no more of it. It names
the account and its role, is good once and for ten minutes at most, and is made anew at every click.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from joserfc import jws
from joserfc.jwk import OctKey

from relying_parties.records import Records
from relying_parties.settings import Settings
from relying_parties.voucher.legacy_accounts import Account
from relying_parties.voucher.mapping import Mapping

ROLES = Path(__file__).parent / "conversion.toml"
_TYPE = "onepass-conversion+jwt"
_SECONDS = 600
_WORDS = {"person": "개인회원", "enterprise": "기업회원"}


@dataclass(frozen=True)
class Conversion:
    """Who is to convert, as which type, and where they go."""

    settings: Settings
    records: Records
    mapping: Mapping
    roles: dict[str, str]
    """`person` or `enterprise` by role."""

    def due(self, account: Account) -> str | None:
        """As which type (개인회원, 기업회원) an account is to convert; None when it has, or its role is not listed."""
        kind = self.roles.get(account.role)
        return None if kind is None or self.mapping.is_mapped(account.login_id) else _WORDS[kind]

    def address(self, account: Account) -> str:
        """The provider's page, with a fresh request."""
        return f"{self.settings.issuer}/convert?{urlencode({'request': self._request(account)})}"

    def _request(self, account: Account) -> str:
        now = int(self.records.now())
        claims = {
            "iss": self.settings.client_id,
            "aud": self.settings.issuer,
            "iat": now,
            "exp": now + _SECONDS,
            "jti": secrets.token_urlsafe(24),
            "account": account.login_id,
            "account_name": f"{account.name} ({account.login_id})",
            "roles": [account.role],
        }
        key = OctKey.import_key(hashlib.sha256(self.settings.client_secret.encode()).hexdigest().encode())
        return jws.serialize_compact({"alg": "HS256", "typ": _TYPE}, json.dumps(claims).encode(), key)


def read_roles(path: Path = ROLES) -> dict[str, str]:
    """The types by role, of a file."""
    table: dict[str, list[str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return {role: kind for kind, roles in table.items() for role in roles}
