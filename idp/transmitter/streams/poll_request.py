"""What a receiver says when it fetches events. RFC 8936 §2.2–2.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from idp.transmitter.streams.refusals import InvalidStreamRequest

_LONGEST_JTI, _MOST_NAMES = 64, 10_000


@dataclass(frozen=True, slots=True)
class PollRequest:
    """Which events a receiver has taken, which it refuses, and how many more it wants."""

    max_events: int | None
    """None: as many as we give at once."""
    return_immediately: bool
    acknowledged: frozenset[str]
    refused: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """`err` by `jti`. Descriptions are not kept: they may hold personal data."""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> PollRequest:
        """The request in `body`.

        Raises:
            InvalidStreamRequest: a property has another type or value than RFC 8936 §2.2 gives it.
        """
        wanted, immediately = body.get("maxEvents"), body.get("returnImmediately", False)
        if wanted is not None and (isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 0):
            raise InvalidStreamRequest("maxEvents must be a whole number from 0")
        if not isinstance(immediately, bool):
            raise InvalidStreamRequest("returnImmediately must be true or false")
        refused = _refused(body.get("setErrs", {}))
        # Of an event that is both acknowledged and refused the refusal is believed: so nothing is lost.
        return cls(wanted, immediately, _acknowledged(body.get("ack", [])) - refused.keys(), refused)

    def answered(self) -> PollRequest:
        """The same, asked again by ourselves: what it acknowledged and refused has been written down."""
        return replace(self, acknowledged=frozenset(), refused=MappingProxyType({}))


def _acknowledged(given: Any) -> frozenset[str]:
    if not isinstance(given, list) or len(given) > _MOST_NAMES or not all(_is_jti(each) for each in given):
        raise InvalidStreamRequest(f"ack must be a list of at most {_MOST_NAMES} jti values")
    return frozenset(given)


def _refused(given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or len(given) > _MOST_NAMES or not all(_is_jti(each) for each in given):
        raise InvalidStreamRequest(f"setErrs must be an object by at most {_MOST_NAMES} jti values")
    refused = {}
    for jti, said in given.items():
        err = said.get("err") if isinstance(said, dict) else None
        if not isinstance(err, str):
            raise InvalidStreamRequest("each of setErrs must have err")
        refused[jti] = err
    return refused


def _is_jti(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_JTI
