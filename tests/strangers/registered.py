"""What the strangers of `registrations.toml` know of themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey, KeyParameters, OKPKey, RSAKey


@dataclass(frozen=True)
class Stranger:
    """One client."""

    client_id: str
    secret: str | None = None
    alg: str | None = None
    """What it signs with, or is encrypted to by, where it has a key."""

    scope: str = "openid profile email offline_access"

    @property
    def redirect_uri(self) -> str:
        return f"https://{self.client_id}.example/callback"

    @property
    def post_logout_redirect_uri(self) -> str:
        return f"https://{self.client_id}.example/bye"

    def told(self, **more: Any) -> dict[str, Any]:
        """As a program of another language is told it."""
        known = {
            "client_id": self.client_id,
            "client_secret": self.secret,
            "redirect_uri": self.redirect_uri,
            "post_logout_redirect_uri": self.post_logout_redirect_uri,
            "scope": self.scope,
            "key": KEYS[self.alg].as_dict(private=True) if self.alg else None,
        }
        return {**known, "metadata": {}, "uses": [], **more}


def _key(alg: str) -> RSAKey | ECKey | OKPKey:
    use = "enc" if alg.startswith("RSA-OAEP") else "sig"
    named: KeyParameters = {"alg": alg, "kid": f"stranger-{alg}", "use": use}
    if alg == "ES256":
        return ECKey.generate_key("P-256", named)
    return OKPKey.generate_key("Ed25519", named) if alg == "EdDSA" else RSAKey.generate_key(2048, named)


KEYS: Mapping[str, RSAKey | ECKey | OKPKey] = {alg: _key(alg) for alg in ("PS256", "ES256", "EdDSA", "RSA-OAEP-256")}
"""Private keys, new in every run."""


def keys_written() -> dict[str, str]:
    """Each public key as `registrations.toml` writes a JWK Set."""
    return {f"{alg}_KEYS": _toml({"keys": [key.as_dict(private=False)]}) for alg, key in KEYS.items()}


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


BASIC = Stranger("basic", "basic: secret+of the%20strangers & ~ 0123456789")
PLAIN = Stranger("plain", "plain-secret-0123456789-0123456789-0123456789")
POSTS = Stranger("posts", "posts-secret-0123456789-0123456789-0123456789")
MACS = Stranger("macs", "macs-secret-0123456789-0123456789-0123456789")
SIGNS = Stranger("signs", alg="ES256")
REQUESTS = Stranger("requests", alg="EdDSA")
BINDS = Stranger("binds", "binds-secret-0123456789-0123456789-0123456789")
FAPI = Stranger("fapi", alg="PS256")
FAPI_SIGNING = Stranger("fapi-signing", alg="ES256")
HOSTS = Stranger("hosts")
OPENS = Stranger("opens", "opens-secret-0123456789-0123456789-0123456789", alg="RSA-OAEP-256")
HYBRID = Stranger("hybrid", "hybrid-secret-0123456789-0123456789-0123456789")
MACS_SERVER = Stranger("macs-server", "macs-server-secret-0123456789-0123456789", scope="links.read")
SIGNS_SERVER = Stranger("signs-server", alg="PS256", scope="links.read")
