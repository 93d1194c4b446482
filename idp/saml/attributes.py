"""What a member lets an agency know, as SAML attributes: named by URI, one value each (saml2int SDP-IDP18–20)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from idp.saml.names import PAIRWISE_ID

_OURS: Final = "urn:onepass:attribute:"
_STANDARD: Final = {
    "name": ("urn:oid:2.16.840.1.113730.3.1.241", "displayName"),
    "email": ("urn:oid:0.9.2342.19200300.100.1.3", "mail"),
    "phone_number": ("urn:oid:2.5.4.20", "telephoneNumber"),
}
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of an assertion."""

    name: str
    friendly_name: str
    value: str = field(repr=False)


def attributes(claims: Mapping[str, Any]) -> tuple[Attribute, ...]:
    """The released claims as attributes; a claim that is no plain value has no SAML form and is left out.

    Who may see which claim was decided before: everything given here is sent.
    """
    return tuple(
        Attribute(*_STANDARD.get(claim, (_OURS + claim, claim)), text)
        for claim, value in claims.items()
        if (text := _text(value))
    )


def pairwise_id(subject: str, scope: str) -> Attribute:
    """The subject as the attribute that outlives NameID formats. Subject Identifier Attributes §3.4."""
    return Attribute(PAIRWISE_ID, "pairwise-id", f"{subject}@{scope}")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_XML.sub("", str(value)) if isinstance(value, str | int) else ""
