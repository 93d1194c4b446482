"""The question every protocol asks, in words that belong to none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class WantedLevel:
    """What a question asks of the sign-in: levels of ours, the most wanted first; `essential` where no other will do
    (`idp.sessions.assurance`)."""

    values: tuple[str, ...] = ()
    essential: bool = False


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """Who asks, what would be released, and how fresh the sign-in must be.

    `relying_party_id` is None where our own pages ask. `answer_path` is where on this host the answer is collected;
    `continues_at` is the registered address the browser goes to after that, for the pages' form-action.
    `acr_values` and `acr_essential` are those of a `WantedLevel`.
    `expected_subject`: nobody but this member will do. `protocol_state` comes back untouched.
    """

    relying_party_id: str | None
    answer_path: str
    scopes: frozenset[str] = frozenset()
    may_interact: bool = True
    must_reauthenticate: bool = False
    must_consent: bool = False
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    acr_essential: bool = False
    login_hint: str | None = None
    expected_subject: str | None = None
    continues_at: str | None = None
    protocol_state: Mapping[str, Any] = field(default_factory=dict)

    def packed(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "scopes": sorted(self.scopes), "protocol_state": dict(self.protocol_state)}

    @classmethod
    def unpacked(cls, values: Mapping[str, Any]) -> SignInRequest:
        """From JSON values we packed."""
        return cls(
            **{
                **values,
                "scopes": frozenset(values["scopes"]),
                "acr_values": tuple(values.get("acr_values", ())),
            }
        )
