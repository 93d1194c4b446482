"""Client metadata that came over HTTP, read as that of a file is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from idp.agencies.client_metadata import ClientMetadata
from idp.agencies.hosted_documents import HostedDocuments
from idp.agencies.logo import Logo
from idp.agencies.parse_oidc import oidc_registration
from idp.agencies.self_registration.policy import RegistrationPolicy
from idp.agencies.self_registration.refusals import RegistrationRefused
from idp.errors import ConfigurationError

_OPENID = "openid"


def read_metadata(
    document: Mapping[str, Any], policy: RegistrationPolicy, hosted: HostedDocuments
) -> tuple[ClientMetadata, Logo | None]:
    """What `document` says, with the defaults of `policy`, and the logo it names. What it says beyond what we know is
    ignored (RFC 7591 §2), and a scope beyond the policy is left out, as it is at sign-in.

    Raises:
        RegistrationRefused: it contradicts itself, or is not allowed.
    """
    if document.get("software_statement") is not None:
        raise RegistrationRefused("unapproved_software_statement", "software statements are not taken")
    given = {name: document[name] for name in ClientMetadata.model_fields if document.get(name) is not None}
    given["scope"] = _scope(given.get("scope"), policy)
    if not policy.require_pkce and given.get("token_endpoint_auth_method") != "none":
        given.setdefault("require_pkce", False)
    try:
        metadata = ClientMetadata.model_validate(given, strict=True)
        policy.judge(metadata)
        # What a file's addresses are held to, these are held to as well.
        oidc_registration(
            {**metadata.model_dump(mode="json"), "client_id": "", "client_name": "", "secret_digests": ()}, None
        )
    except ValidationError as error:
        raise _told(error) from None
    except ConfigurationError as error:
        name = error.detail.partition(":")[0]
        raise RegistrationRefused("invalid_client_metadata", f"{name} is no address that can be used") from None
    try:
        return metadata, hosted(metadata)
    except ConfigurationError as error:
        raise RegistrationRefused("invalid_client_metadata", error.detail) from None


def _scope(given: object, policy: RegistrationPolicy) -> str:
    if given is None:
        return " ".join(policy.scopes)
    if not isinstance(given, str) or _OPENID not in given.split():
        raise RegistrationRefused("invalid_client_metadata", "scope must be a string that contains openid")
    asked = frozenset(given.split())
    return " ".join(scope for scope in policy.scopes if scope in asked)


def _told(error: ValidationError) -> RegistrationRefused:
    """The first thing that is wrong, without a word of what was sent."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if not first["loc"]:
        return RegistrationRefused("invalid_client_metadata", first["msg"].removeprefix("Value error, "))
    name = str(first["loc"][0])
    if name == "redirect_uris":
        return RegistrationRefused("invalid_redirect_uri", "redirect_uris must be a list of 1 to 50 addresses")
    wrong = "is missing" if first["type"] == "missing" else "has a value that is not supported"
    return RegistrationRefused("invalid_client_metadata", f"{name} {wrong}")
