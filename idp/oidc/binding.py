"""To which of the keys that a client proved its new tokens are bound. Pure."""

from __future__ import annotations

from idp.agencies.machine_client import MachineClient
from idp.agencies.oidc_registration import OidcRegistration
from idp.oidc import profile
from idp.oidc.confirmation import Confirmation
from idp.oidc.errors import InvalidDpopProof, InvalidGrant, InvalidRequest


def access_binding(client: OidcRegistration | MachineClient, proven: Confirmation) -> Confirmation:
    """Of its access tokens: a client that sends a proof is given a token for its key, a certificate counts where it
    registered so. RFC 9449 §5, RFC 8705 §3.

    Raises:
        InvalidDpopProof: it must prove a key and did not.
        InvalidRequest: it must show a certificate and did not.
    """
    certificate = client.tls_client_certificate_bound_access_tokens
    bound_to = Confirmation(proven.jkt, proven.x5t if certificate else None)
    if certificate and bound_to.x5t is None:
        raise InvalidRequest("a client certificate is needed")
    if client.dpop_bound_access_tokens and bound_to.jkt is None:
        raise InvalidDpopProof("a DPoP proof is needed")
    if isinstance(client, OidcRegistration) and profile.of(client).sender_constrained and not bound_to:
        raise InvalidDpopProof("a DPoP proof is needed")
    return bound_to


def refresh_binding(client: OidcRegistration, bound_to: Confirmation) -> Confirmation:
    """Of its refresh token: to the same, where nothing else binds it.

    A confidential client proves itself at each renewal, so it may come with another key (RFC 9449 §5); a refresh token
    of a public one would be anybody's.
    """
    return bound_to if client.token_endpoint_auth_method == "none" else Confirmation()


def check_refresh_key(bound_to: Confirmation, proven: Confirmation) -> None:
    """Return where a refresh token's keys are proven.

    Raises:
        InvalidGrant: another is, or none.
    """
    if (bound_to.jkt is not None and bound_to.jkt != proven.jkt) or (
        bound_to.x5t is not None and bound_to.x5t != proven.x5t
    ):
        raise InvalidGrant("the refresh token is bound to another key")
