"""Whether a request is answered, decided from the request, the registration and the time alone.

Two questions, since a refusal goes to two places. `why_not_trusted`: may we believe who asks and where the answer goes?
Until then a refusal is a page of ours. `why_not_answered`: can we do what is asked? From there on a refusal is a SAML
status, sent to a registered address.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from idp.saml import status
from idp.saml.authn_context import meetable
from idp.saml.authn_request import AuthnRequest
from idp.saml.names import PERSISTENT, POST, UNSPECIFIED
from idp.saml.refusals import (
    NotForUs,
    RequestRefused,
    StaleMessage,
    UnknownProvider,
    UnregisteredConsumer,
    UntrustedSignature,
)
from idp.saml.registration import Registration
from idp.saml.sp_metadata import AssertionConsumer, ServiceProvider
from idp.saml.status import Status

WINDOW: Final = timedelta(minutes=5)
"""How far a request's clock may be from ours, either way (saml2int SDP-G01)."""

_LONGEST_NAME: Final = 256
"""The most a name may have (core §8.3.7); what is longer names nobody here and is not kept."""
_NAME_ID_FORMATS: Final = (UNSPECIFIED, PERSISTENT)


def why_not_trusted(
    request: AuthnRequest, registration: Registration, *, endpoint: str, signed: bool, now: datetime
) -> RequestRefused | None:
    """Why the request gets no more than a page, or None. A signature that is present must have been verified before."""
    if registration.requires_signed_requests and not signed:
        return UntrustedSignature("the request must be signed")
    if request.destination != endpoint and (signed or request.destination is not None):
        return NotForUs("Destination is not this endpoint")
    if abs(now - request.issue_instant) > WINDOW:
        return StaleMessage("IssueInstant outside the window")
    ends = registration.provider.valid_until
    if ends is not None and ends <= now:
        return UnknownProvider("the registered metadata is past its validUntil")
    if consumer_for(request, registration.provider) is None:
        return UnregisteredConsumer("AssertionConsumerService not in the registered metadata")
    return None


def consumer_for(request: AuthnRequest, provider: ServiceProvider) -> AssertionConsumer | None:
    """The registered address the answer goes to; None where it names none of them, or in two ways. Core §3.4.1."""
    if request.consumer_url is not None:
        return None if request.consumer_index is not None else provider.consumer_at(request.consumer_url)
    if request.consumer_index is not None:
        return provider.consumer_numbered(request.consumer_index)
    return provider.default_consumer


def why_not_answered(request: AuthnRequest, provider: ServiceProvider) -> Status | None:
    """The status that says why there will be no assertion, or None to go on and sign the member in."""
    if request.version != "2.0":
        return status.VERSION_MISMATCH
    if request.protocol_binding not in (None, POST):
        return status.UNSUPPORTED_BINDING
    if request.name_id_format not in _NAME_ID_FORMATS or request.sp_name_qualifier not in (None, provider.entity_id):
        return status.INVALID_NAME_ID_POLICY
    if not meetable(request.requested_context):
        return status.NO_AUTHN_CONTEXT
    if request.force_authn and request.is_passive:
        return status.NO_PASSIVE
    return _why_not_about(request, provider)


def _why_not_about(request: AuthnRequest, provider: ServiceProvider) -> Status | None:
    subject = request.subject
    if subject is None:
        return None
    if subject.value is None:
        return status.UNSUPPORTED_REQUEST
    if (
        len(subject.value) > _LONGEST_NAME
        or subject.format not in _NAME_ID_FORMATS
        or subject.sp_name_qualifier not in (None, provider.entity_id)
    ):
        return status.UNKNOWN_PRINCIPAL
    return None
