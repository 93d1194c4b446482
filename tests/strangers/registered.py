"""What the strangers of `registrations.toml` know of themselves."""

from __future__ import annotations

from typing import Any

BASIC: dict[str, Any] = {
    "client_id": "basic",
    "client_secret": "basic: secret+of the%20strangers & ~ 0123456789",
    "redirect_uri": "https://basic.example/callback",
    "post_logout_redirect_uri": "https://basic.example/bye",
    "scope": "openid profile email offline_access",
}
PLAIN: dict[str, Any] = {
    "client_id": "plain",
    "client_secret": "plain-secret-0123456789-0123456789-0123456789",
    "redirect_uri": "https://plain.example/callback",
    "post_logout_redirect_uri": "https://plain.example/bye",
    "scope": "openid profile email offline_access",
}
