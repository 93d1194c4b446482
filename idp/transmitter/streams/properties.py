"""The properties of a stream that its receiver supplies, read from a request. SSF 1.0 §8.1.1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from idp.agencies.event_streams import EventStream, StreamTerms
from idp.agencies.registration_secrets import EVENTS_AUTHORIZATION
from idp.crypto.fields import FieldCipher
from idp.egress import Egress
from idp.errors import ConfigurationError
from idp.transmitter.streams.body import text_in
from idp.transmitter.streams.refusals import InvalidStreamRequest
from idp.transmitter.streams.stream_document import METHODS, StreamDocuments

_LONGEST_URL, _LONGEST_DESCRIPTION, _LONGEST_URI, _MOST_EVENTS = 2048, 1000, 512, 100
_HEADER = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,4094}[\x21-\x7e])?")
"""A line break would let a receiver write further headers of ours (CWE-113); a blank at its ends would be lost."""
_TRANSMITTERS: Final = (
    "iss",
    "aud",
    "events_supported",
    "events_delivered",
    "min_verification_interval",
    "inactivity_timeout",
)


@dataclass(frozen=True, slots=True)
class ReceiversProperties:
    """Turns a request into the columns it sets; whatever it holds beside them is passed over."""

    documents: StreamDocuments
    cipher: FieldCipher
    egress: Egress

    def whole(self, body: Mapping[str, Any], terms: StreamTerms, poll_url: str | None) -> dict[str, Any]:
        """All of them, for a stream that is made or replaced; no `delivery` means that events are fetched.

        Raises:
            InvalidStreamRequest: one of them cannot be.
        """
        missing = {"delivery": {"method": METHODS["poll"]}, "events_requested": None, "description": None}
        return self._read({**missing, **body}, terms, poll_url, None)

    def changed(self, body: Mapping[str, Any], terms: StreamTerms, poll_url: str, now: EventStream) -> dict[str, Any]:
        """Those that `body` names.

        Raises:
            InvalidStreamRequest: one of them cannot be.
        """
        return self._read(body, terms, poll_url, now)

    def _read(
        self, body: Mapping[str, Any], terms: StreamTerms, poll_url: str | None, now: EventStream | None
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if "delivery" in body:
            values |= self._delivery(body["delivery"], terms, poll_url, now)
        if "events_requested" in body:
            values |= self._events(body["events_requested"])
        if "description" in body:
            given = body["description"]
            if given is not None and not isinstance(given, str):
                raise InvalidStreamRequest("description must be a string")
            values["description"] = None if given is None else given[:_LONGEST_DESCRIPTION]
        return values

    def _delivery(
        self, given: Any, terms: StreamTerms, poll_url: str | None, now: EventStream | None
    ) -> dict[str, Any]:
        if not isinstance(given, dict) or given.get("method") not in METHODS.values():
            raise InvalidStreamRequest("delivery.method must be one of delivery_methods_supported")
        url = text_in(given, "endpoint_url", _LONGEST_URL)
        if given["method"] == METHODS["poll"]:
            if url is not None and poll_url is not None and url != poll_url:
                raise InvalidStreamRequest("delivery.endpoint_url is ours to give where events are fetched")
            return {"delivery": "poll", "endpoint_url": None, "authorization": None}
        if url is None:
            raise InvalidStreamRequest("delivery.endpoint_url is missing")
        if not self.egress.allows_scheme(url):
            raise InvalidStreamRequest("delivery.endpoint_url must be https")
        try:
            terms.receivers_address(url)
        except ConfigurationError:
            raise InvalidStreamRequest(
                "delivery.endpoint_url is no address on a host that was registered for you"
            ) from None
        return {"delivery": "push", "endpoint_url": url, "authorization": self._authorization(given, url, now)}

    def _authorization(self, given: Mapping[str, Any], url: str, now: EventStream | None) -> bytes | None:
        if "authorization_header" not in given and now is not None and now.endpoint_url is not None:
            # It is never shown, so a receiver that changes what it has read cannot send it back. To another server than
            # the one it was meant for it does not go along.
            before, after = urlsplit(now.endpoint_url.value), urlsplit(url)
            same_server = (before.scheme, before.netloc) == (after.scheme, after.netloc)
            return now.authorization if same_server else None
        header = given.get("authorization_header")
        if header is None or header == "":
            return None
        if not isinstance(header, str) or _HEADER.fullmatch(header) is None:
            raise InvalidStreamRequest("delivery.authorization_header must be a header value of printable ASCII")
        return self.cipher.seal_secret(EVENTS_AUTHORIZATION, header.encode("ascii"))

    def _events(self, given: Any) -> dict[str, Any]:
        if given is None:
            return {"requested": None, "requested_uris": None}
        if (
            not isinstance(given, list)
            or len(given) > _MOST_EVENTS
            or not all(isinstance(each, str) and len(each) <= _LONGEST_URI for each in given)
        ):
            raise InvalidStreamRequest(f"events_requested must be a list of at most {_MOST_EVENTS} URIs")
        return {"requested": [each.value for each in self.documents.types(given)], "requested_uris": given}


def refuse_other_than(document: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Hold what is the transmitter's in `body` to the `document` before the change. SSF 1.0 §8.1.1.3.

    Raises:
        InvalidStreamRequest: a property differs.
    """
    for name in _TRANSMITTERS:
        if name in body and _as_said(body[name]) != _as_said(document.get(name)):
            raise InvalidStreamRequest(f"{name} is not the receiver's to change")


def _as_said(value: Any) -> Any:
    """Lists without their order; `aud` is the same as a string and as a list of it (RFC 7519 §4.1.3)."""
    several = value if isinstance(value, list) else [value]
    return frozenset(str(each) for each in several)
