"""What another room asks for when it sends a browser to be verified."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from idp.errors import BadRequest, ConfigurationError
from idp.members.business_number import is_business_number
from idp.verification.evidence import Holder

# One slash and no backslash: browsers read `//host` and `/\host` as another host.
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*\Z")
_WORD = re.compile(r"[a-z][a-z0-9_.-]{0,39}\Z")


class BusinessNumberRefused(BadRequest):
    """A business is verified for its 사업자등록번호, so a valid one comes first (REQ-14, REQ-17)."""

    code = "business_number_refused"


@dataclass(frozen=True, slots=True)
class VerificationRequest:
    """Whom to verify, for what, and where the browser goes afterwards."""

    purpose: str
    """A word of the caller's own, such as `enrolment`; evidence made for one purpose serves no other."""
    holder: Holder
    bound_to: str
    """The draft, recovery or guardian request that the evidence is for; never shown."""
    return_path: str
    """A path on our own host, chosen by our code; `verification=<id>` is added when there is evidence to collect."""
    business_number: str | None = field(default=None, repr=False)
    """Ten digits; the evidence must be of this business."""
    expects_ci: str | None = field(default=None, repr=False)
    """The evidence must be of the person with this CI."""
    expects_name: str | None = field(default=None, repr=False)
    """Where the evidence has no CI, it must at least bear this name: for whoever is signed in and registers what they
    hold. Without this, evidence of a person must have a CI."""
    phone: str | None = field(default=None, repr=False)
    """The number to be proven at hand, in digits: nothing else is then proven, and nobody's identity."""
    asked_from: str = field(default="", repr=False)
    """The network address of whoever asks, for limits; where the caller leaves it out, the desk writes down its own."""
    ends_at: str | None = None
    """The registered address, on another host, where the redirects from `return_path` on may end."""

    def __post_init__(self) -> None:
        """Refuse what no caller of ours may ask.

        Raises:
            ConfigurationError: the purpose or the path cannot be one of ours.
            BusinessNumberRefused: a business without a valid number.
        """
        if not _WORD.match(self.purpose) or not self.bound_to:
            raise ConfigurationError("verification: purpose is not a word, or bound to nothing")
        if not _OWN_PATH.match(self.return_path):
            raise ConfigurationError("verification: return_path is not a path on our own host")
        if self.holder is Holder.BUSINESS and not is_business_number(self.business_number or ""):
            raise BusinessNumberRefused

    def packed(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def unpacked(cls, values: dict[str, Any]) -> VerificationRequest:
        """From plain values."""
        return cls(**{**values, "holder": Holder(values["holder"])})
