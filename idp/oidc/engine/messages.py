"""Messages parsed and composed by pyop's classes, handed on as plain values."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from oic.exception import PyoidcError
from oic.oic.message import AccessTokenResponse, AuthorizationResponse, ProviderConfigurationResponse
from pyop.message import AuthorizationRequest

from idp.oidc.errors import InvalidRequest

# At DEBUG pyop and oic write codes, tokens and whole Basic headers to the log.
for _name in ("pyop", "oic", "jwkest"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_READ = ("client_id", "redirect_uri", "prompt", "max_age")


def authorization_request(parameters: Mapping[str, str]) -> dict[str, Any]:
    """An authentication request's parameters in their types: lists, numbers, objects. OpenID Connect Core §3.1.2.1.

    Raises:
        InvalidRequest: a required one is missing or one has a value that its definition does not allow.
    """
    # What we do not act upon is not even read: malformed, it must not spoil the request (RFC 6749 §3.1).
    read = {name: parameters[name] for name in _READ if name in parameters}
    # pyop refuses offline_access without prompt=consent; OpenID Connect Core §11 lets other conditions stand in for it,
    # and ours is the consent that every link rests on.
    scopes = [scope for scope in parameters.get("scope", "").split() if scope != "offline_access"]
    # `response_type` and the nonce that some of its values need are checked already: pyop demands one with every token,
    # where OpenID Connect Core §3.3.2.1 demands it only with an ID token.
    asked = {**read, "response_type": "code", "scope": " ".join(scopes)}
    try:
        # Not by `deserialize`: they are decoded already, and to encode and decode them once more doubles the cost.
        message = AuthorizationRequest().from_dict(asked)
        message.verify()
    except (PyoidcError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidRequest(f"malformed authentication request ({type(error).__name__})") from error
    typed: dict[str, Any] = message.to_dict()
    if isinstance(prompt := typed.get("prompt"), str):
        typed["prompt"] = prompt.split()
    typed["scope"] = parameters["scope"].split()
    return typed


def authorization_answer(redirect_uri: str, parameters: Mapping[str, str], *, in_fragment: bool = False) -> str:
    """Where the browser goes with our answer; a registered query is kept. RFC 6749 §4.1.2, §4.2.2."""
    address: str = AuthorizationResponse(**parameters).request(redirect_uri, in_fragment)
    return address


def token_response(parameters: Mapping[str, Any]) -> str:
    """A token response as JSON. RFC 6749 §5.1, OpenID Connect Core §3.1.3.3."""
    body: str = AccessTokenResponse(**parameters).to_json()
    return body


def provider_metadata(values: Mapping[str, Any]) -> str:
    """The discovery document as JSON, checked. OpenID Connect Discovery §3.

    Raises:
        PyoidcError: a required member is missing or malformed.
    """
    message = ProviderConfigurationResponse(**values)
    # pyop holds every address to https, which a demonstration on this machine does not have.
    if str(values["issuer"]).startswith("https://"):
        message.verify()
    # pyop adds members of its own, one of which (`version`) no specification knows.
    return json.dumps({name: value for name, value in message.to_dict().items() if name in values})
