"""Who issued a certificate, in words for a page."""

from __future__ import annotations

from cryptography.x509 import Name
from cryptography.x509.oid import NameOID


def issuer_name(written: str | None) -> str:
    """CN=LABsignCA Class 1,O=LABsign,C=KR → LABsign (LABsignCA Class 1); what is no such name stays as it is
    (RFC 4514)."""
    try:
        name = Name.from_rfc4514_string(written or "")
    except ValueError:
        return written or ""
    organisation, authority = (
        next((str(each.value) for each in name.get_attributes_for_oid(kind)), "")
        for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    )
    if organisation and authority and organisation != authority:
        return f"{organisation} ({authority})"
    return organisation or authority or written or ""
