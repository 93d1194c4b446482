"""Clients that say their secret: `client_secret_basic` and `client_secret_post`. RFC 6749 §2.3.1."""

from __future__ import annotations

import base64
from urllib.parse import unquote_plus

from idp.crypto.digests import same, secret_digest
from idp.oidc.client_authentication.client import Registered
from idp.oidc.errors import InvalidClient

_NOBODY = secret_digest("")


def knows_secret(client: Registered | None, method: str, secret: str) -> bool:
    """Whether `secret` is one of those that are good for `client`; an unknown client costs as much as a known one."""
    registered = client is not None and client.uses(method)
    known = client.registration.secret_digests if client is not None and registered else ()
    digest = secret_digest(secret)
    matches = [same(digest, each) for each in known or (_NOBODY,)]
    return bool(known) and any(matches)


def basic(authorization: str) -> tuple[str, str]:
    """Id and secret, each form-decoded after splitting. RFC 6749 §2.3.1.

    Raises:
        InvalidClient: the header is not Basic or not decodable.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient("unsupported authorization scheme")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
        client_id, separator, secret = pair.partition(":")
        decoded = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:  # not base64, not ASCII or not UTF-8
        raise InvalidClient("malformed authorization header") from None
    if not separator:
        raise InvalidClient("malformed authorization header")
    return decoded
