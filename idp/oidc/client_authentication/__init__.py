"""Which relying party calls, proven: every method of RFC 6749 §2.3, OpenID Connect Core §9 and RFC 8705 §2.

Owns reading what a request brings and weighing it against what the client registered; hands on `ClientAuthentication`
and the `Client` it finds. A client authenticates by the method it registered and no other. May not decide what a client
may do once it is known.
"""

from typing import Final

from idp.oidc.client_authentication.assertion import ASSERTION_ALGS
from idp.oidc.client_authentication.authenticate import ClientAuthentication
from idp.oidc.client_authentication.client import Client

__all__ = ["ASSERTION_ALGS", "AUTHENTICATION_METHODS", "Client", "ClientAuthentication"]

AUTHENTICATION_METHODS: Final = (
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "none",
)
"""Those that work in every deployment. OpenID Connect Core §9."""
