"""What we tell one client as a JWT: signed with our key and, where the client registered it, encrypted to its own.

ID tokens, UserInfo, signed authorization responses and introspection. First signed, then encrypted (RFC 7519 §11.2).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from idp.agencies.oidc_registration import Alg, Encryption, OidcRegistration
from idp.crypto import jws
from idp.crypto.keyring import Keyring
from idp.oidc.errors import OAuthError

SIGNING_ALGS: tuple[Alg, ...] = ("RS256", "PS256", "ES256", "EdDSA")
ENCRYPTION_ALGS = ("RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
ENCRYPTION_ENCS = ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM")

_SIGN_ONLY = frozenset({"Ed25519", "Ed448"})
_OPERATIONS = frozenset({"encrypt", "wrapKey", "deriveKey", "deriveBits"})

ClientKey = RSAKey | ECKey | OKPKey
KeysOf = Callable[[OidcRegistration], KeySet]
"""The public keys of a client, by value or fetched."""


class NoKeyOfClient(OAuthError):
    """The client registered that what it is told be encrypted, and no key of its own that could read it."""

    code = "no_key_of_client"


@dataclass(frozen=True, slots=True)
class TellClient:
    """Makes JWTs for clients."""

    keyring: Keyring
    keys_of: KeysOf

    def __call__(
        self,
        client: OidcRegistration,
        payload: Mapping[str, Any],
        *,
        alg: Alg | None,
        encryption: Encryption | None = None,
        typ: str | None = None,
    ) -> str:
        """`payload` as a JWS with `alg`, within a JWE where `encryption` is registered. For a client that registered an
        encryption alone (no `alg`), the JWE holds the claims themselves (OpenID Connect Core §5.3.2).

        Raises:
            ConfigurationError: no key of ours signs `alg`.
            NoKeyOfClient: none of the client's keys can be encrypted to.
        """
        if alg is None:
            assert encryption is not None  # noqa: S101  # neither signed nor encrypted is JSON, and no JWT
            return self._encrypted(client, json.dumps(payload, ensure_ascii=False), encryption, {})
        signed = jws.sign(self.keyring.signing_key("oidc", alg), payload, typ=typ)
        # RFC 7516 §4.1.12: what is inside is a JWT again.
        return signed if encryption is None else self._encrypted(client, signed, encryption, {"cty": "JWT"})

    def _encrypted(
        self, client: OidcRegistration, content: str, encryption: Encryption, header: Mapping[str, str]
    ) -> str:
        key = key_for(self.keys_of(client), encryption.alg)
        if key is None:
            raise NoKeyOfClient("no key of the client can be encrypted to as it registered")
        whole: dict[str, Any] = {"alg": encryption.alg, "enc": encryption.enc, **header}
        if key.kid is not None:
            whole["kid"] = key.kid
        try:
            return jwe.encrypt_compact(whole, content, key, algorithms=[encryption.alg, encryption.enc])
        except (JoseError, ValueError, TypeError) as error:
            raise NoKeyOfClient(f"the key of the client cannot be encrypted to ({type(error).__name__})") from error


def key_for(keys: KeySet, alg: str) -> ClientKey | None:
    """A key of the client that `alg` can encrypt to, first of all one that says that it is for encrypting; what `use`,
    `alg` or `key_ops` mean for something else is none. RFC 7517 §4.2 to §4.4."""
    fitting = [key for key in keys.keys if _can_be_encrypted_to(key, alg)]
    return min(fitting, key=lambda key: key.get("use") is None, default=None)  # type: ignore[return-value]


def _can_be_encrypted_to(key: Key, alg: str) -> bool:
    kinds = ("RSA",) if alg.startswith("RSA") else ("EC", "OKP")
    operations = key.get("key_ops")
    return (
        key.key_type in kinds
        and key.get("crv") not in _SIGN_ONLY
        and key.get("use", "enc") == "enc"
        and key.get("alg", alg) == alg
        and (operations is None or not _OPERATIONS.isdisjoint(operations))
    )
