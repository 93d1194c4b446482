"""Whether whoever sends an access token holds the keys it is bound to. RFC 9449 §7, RFC 8705 §3."""

from __future__ import annotations

from dataclasses import dataclass

from idp.oidc.call import Call
from idp.oidc.confirmation import Confirmation
from idp.oidc.dpop.proven_keys import ProvenKeys
from idp.oidc.errors import DpopTokenRefused, InvalidDpopProof, InvalidToken, UseDpopNonce
from idp.web.client_certificate import ShownCertificate

SCHEMES = frozenset({"bearer", "dpop"})
"""In which an access token may come in the `Authorization` header, in lower case."""


@dataclass(frozen=True, slots=True)
class Possession:
    """Asked once the token has been found; a token that is bound to nothing costs nothing here."""

    proven_keys: ProvenKeys
    certificate: ShownCertificate

    def __call__(self, call: Call, token: str, bound_to: Confirmation) -> None:
        """Return where `call` may use `token`.

        Raises:
            DpopTokenRefused: it is bound to a key that this request does not prove, or to none and sent as if it were.
            InvalidToken: it is bound to a certificate that this connection did not show.
        """
        scheme, _ = call.credentials
        if bound_to.jkt is not None or scheme == "dpop":
            self._check_key(call, token, bound_to.jkt, scheme)
        if bound_to.x5t is not None:
            shown = self.certificate()
            if shown is None or shown.thumbprint != bound_to.x5t:
                raise InvalidToken("the access token is bound to a certificate that was not shown")

    def _check_key(self, call: Call, token: str, jkt: str | None, scheme: str) -> None:
        if scheme != "dpop":
            # RFC 9449 §7.2: a thief who has the token only must not get in by calling it Bearer.
            raise DpopTokenRefused("the access token is bound to a key and needs the DPoP scheme")
        if jkt is None:
            raise DpopTokenRefused("the access token is bound to no key")
        try:
            proven = self.proven_keys(call, token)
        except InvalidDpopProof as error:
            raise DpopTokenRefused(error.description, error=error.oauth_error) from error
        except UseDpopNonce as error:
            raise DpopTokenRefused(error.description, error=error.oauth_error, nonce=error.nonce) from error
        if proven != jkt:
            raise DpopTokenRefused("a proof of the key is missing" if proven is None else "the proof is of another key")
