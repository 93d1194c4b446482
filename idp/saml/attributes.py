"""What a member lets an agency know, as SAML attributes: named by URI, one value each (saml2int SDP-IDP18–20)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from idp.members.profile import EnterpriseProfile, Profile
from idp.saml.names import PAIRWISE_ID

_OURS: Final = "urn:onepass:attribute:"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of an assertion."""

    name: str
    friendly_name: str
    value: str = field(repr=False)


def pairwise_id(subject: str, scope: str) -> Attribute:
    """The subject as the attribute that outlives NameID formats. Subject Identifier Attributes §3.4."""
    return Attribute(PAIRWISE_ID, "pairwise-id", f"{subject}@{scope}")


def released(profile: Profile, scopes: frozenset[str]) -> tuple[Attribute, ...]:
    """The attributes behind `scopes`, which the member agreed to release; what is not known is left out."""
    return tuple(
        Attribute(name, friendly, _NOT_XML.sub("", value))
        for scope, attributes in _BY_SCOPE.items()
        if scope in scopes
        for name, friendly, value in attributes(profile)
        if value
    )


_Row = tuple[str, str, str | None]


def _openid(profile: Profile) -> Iterator[_Row]:
    # The enterprise's UUID is the same toward every agency by design; an agency knows an enterprise by it.
    if isinstance(profile, EnterpriseProfile):
        yield _own("member_type", "enterprise")
        yield _own("enterprise_uuid", profile.enterprise_uuid)
    else:
        yield _own("member_type", "person")


def _profile(profile: Profile) -> Iterator[_Row]:
    yield "urn:oid:2.16.840.1.113730.3.1.241", "displayName", profile.display_name


def _email(profile: Profile) -> Iterator[_Row]:
    yield "urn:oid:0.9.2342.19200300.100.1.3", "mail", profile.email


def _phone(profile: Profile) -> Iterator[_Row]:
    yield "urn:oid:2.5.4.20", "telephoneNumber", profile.phone


def _enterprise(profile: Profile) -> Iterator[_Row]:
    if isinstance(profile, EnterpriseProfile):
        yield _own("business_number", profile.business_number)
        yield _own("company_name", profile.company_name)
        yield _own("representative_name", profile.representative_name)
        yield _own("founded_on", profile.founded_on)


def _own(name: str, value: str) -> _Row:
    return _OURS + name, name, value


_BY_SCOPE: Final[dict[str, Callable[[Profile], Iterator[_Row]]]] = {
    "openid": _openid,
    "profile": _profile,
    "email": _email,
    "phone": _phone,
    "enterprise": _enterprise,
}
