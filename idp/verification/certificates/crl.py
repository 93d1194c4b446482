"""Revocation lists: read once, weighed against an authority and a certificate. Pure. RFC 5280 §5, §6.3."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from idp.errors import IdpError
from idp.verification.certificates.revocation import SKEW, Standing
from idp.verification.certificates.signatures import Signature, scheme_of, strong
from idp.verification.certificates.x509_values import UNREADABLE, Certified, NameKey, name_key

LONGEST = 16 * 1024 * 1024
WHOLE = ""
"""The place of a list that speaks for every certificate of its authority."""

_DELTA = ExtensionOID.DELTA_CRL_INDICATOR
_UNDERSTOOD = frozenset({ExtensionOID.ISSUING_DISTRIBUTION_POINT, ExtensionOID.CRL_NUMBER})
_ENTRY_UNDERSTOOD = frozenset({CRLEntryExtensionOID.CRL_REASON, CRLEntryExtensionOID.INVALIDITY_DATE})


class Flaw(Enum):
    """Why a list says nothing about a certificate."""

    UNREADABLE = "unreadable"
    FOREIGN = "not of this authority"
    FORGED = "signature does not fit"
    WEAK = "weak algorithm"
    NOT_YET = "from the future"
    OLD = "past its nextUpdate"
    PARTIAL = "not about every reason, or only changes, or of other authorities too"
    ELSEWHERE = "about other certificates"


class ListRefused(IdpError):
    """A revocation list cannot be used; `flaw` says why."""

    code = "revocation_list_refused"

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True)
class RevocationList:
    """One list. `places` are the distribution points it speaks for; only `WHOLE` where it speaks for all."""

    crl: x509.CertificateRevocationList = field(repr=False)
    issuer: NameKey
    number: int
    octets: int
    """How large it is."""
    this_update: datetime
    next_update: datetime
    places: frozenset[str]
    about_members: bool
    about_authorities: bool

    def why_not(self, authority: Certified, now: datetime) -> Flaw | None:
        """What keeps us from believing it to be this authority's, and current."""
        scheme = scheme_of(self.crl.signature_algorithm_oid.dotted_string)
        if authority.subject != self.issuer or not authority.signs("crl_sign"):
            return Flaw.FOREIGN
        if scheme is None or not strong(authority.key):
            return Flaw.WEAK
        if not Signature(scheme, self.crl.tbs_certlist_bytes, self.crl.signature).fits(authority.key):
            return Flaw.FORGED
        if self.this_update > now + SKEW:
            return Flaw.NOT_YET
        return Flaw.OLD if now >= self.next_update else None

    def standing(self, certificate: Certified) -> Standing | None:
        """What it says of a certificate of its authority; None where it is about others."""
        if not (self.about_authorities if certificate.is_authority else self.about_members):
            return None
        if WHOLE not in self.places and not self.places & {place for place, _uri in places_of(certificate)}:
            return None
        listed = self.crl.get_revoked_certificate_by_serial_number(certificate.serial)
        return Standing.GOOD if listed is None else Standing.REVOKED


def read_list(octets: bytes) -> RevocationList:
    """The list in DER.

    Raises:
        ListRefused: it cannot be read, or is of a kind that is not complete by itself.
    """
    if len(octets) > LONGEST:
        raise ListRefused(Flaw.UNREADABLE)
    try:
        return _read(x509.load_der_x509_crl(octets), len(octets))
    except ListRefused:
        raise
    except UNREADABLE:
        raise ListRefused(Flaw.UNREADABLE) from None


def places_of(certificate: Certified) -> list[tuple[str, str]]:
    """Where a certificate says its revocation list is: the place as it compares, and the address."""
    points = [
        each.value for each in certificate.certificate.extensions if isinstance(each.value, x509.CRLDistributionPoints)
    ]
    return [
        (place, address)
        for listed in points
        for point in listed
        # A list signed by somebody else than the issuer (RFC 5280 §4.2.1.13) is not believed.
        if point.crl_issuer is None and point.reasons is None
        for place, address in _places(point.full_name or ())
    ]


def _read(crl: x509.CertificateRevocationList, octets: int) -> RevocationList:
    extensions = {each.oid: each for each in crl.extensions}
    if any(each.critical and each.oid not in _UNDERSTOOD for each in extensions.values()) or _DELTA in extensions:
        raise ListRefused(Flaw.PARTIAL)
    point = next((e.value for e in extensions.values() if isinstance(e.value, x509.IssuingDistributionPoint)), None)
    if point is not None and (point.only_some_reasons is not None or point.indirect_crl or point.relative_name):
        raise ListRefused(Flaw.PARTIAL)
    if any(
        extension.critical and extension.oid not in _ENTRY_UNDERSTOOD for each in crl for extension in each.extensions
    ):
        raise ListRefused(Flaw.PARTIAL)
    if crl.next_update_utc is None:
        raise ListRefused(Flaw.OLD)
    number = next((e.value.crl_number for e in extensions.values() if isinstance(e.value, x509.CRLNumber)), 0)
    named = None if point is None else point.full_name
    return RevocationList(
        crl=crl,
        issuer=name_key(crl.issuer),
        number=number,
        octets=octets,
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
        places=frozenset({WHOLE} if named is None else (place for place, _uri in _places(named))),
        about_members=point is None or not (point.only_contains_ca_certs or point.only_contains_attribute_certs),
        about_authorities=point is None or not (point.only_contains_user_certs or point.only_contains_attribute_certs),
    )


def _places(names: Iterable[x509.GeneralName]) -> list[tuple[str, str]]:
    found = []
    for name in names:
        if isinstance(name, x509.UniformResourceIdentifier):
            found.append((_of_address(name.value), name.value))
        elif isinstance(name, x509.DirectoryName):
            found.append((_of_name(name.value), ""))
    # What names no entry is no place; the empty name would pass for `WHOLE`.
    return [each for each in found if each[0] != WHOLE]


def _of_address(address: str) -> str:
    """An ldap address is the name of an entry, whatever host keeps it; of others the address itself compares."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if parts.scheme.lower() != "ldap":
        return address
    return ",".join(re.sub(r"\s*=\s*", "=", part.strip()).casefold() for part in unquote(parts.path[1:]).split(","))


def _of_name(name: x509.Name) -> str:
    return ",".join(re.sub(r"\s*=\s*", "=", part.rfc4514_string()).casefold() for part in reversed(name.rdns))
