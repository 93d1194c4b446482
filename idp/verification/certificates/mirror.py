"""Revocation lists fetched over HTTP, from where a certificate says or from the operator's mirror of an ldap server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, unquote, urlsplit

from idp.verification.certificates.answers_kept import AnswersKept
from idp.verification.certificates.crl import LONGEST, ListRefused, RevocationList, places_of, read_list
from idp.verification.certificates.fetch import Fetch, NoAnswer
from idp.verification.certificates.revocation import Silence, Standing
from idp.verification.certificates.x509_values import Certified


@dataclass(frozen=True)
class Mirror:
    """A source of revocation. `mirrors`: ldap host → address below which `<first part of the name>.crl` lies."""

    fetch: Fetch
    mirrors: Mapping[str, str]
    _kept: AnswersKept[RevocationList] = field(default_factory=AnswersKept, repr=False)

    def __call__(self, certificate: Certified, issuer: Certified, now: datetime) -> Standing | Silence | None:
        addresses = list(self._addresses(certificate))
        if not addresses:
            return Silence.LDAP_ONLY if any(map(_is_ldap, places_of(certificate))) else None
        for address in addresses:
            listed = self._kept.get(address, now) or self._fetched(address)
            if listed is None or listed.why_not(issuer, now) is not None:
                continue
            self._kept.put(address, listed, listed.next_update, listed.octets)
            standing = listed.standing(certificate)
            if standing is not None:
                return standing
        return None

    def _fetched(self, address: str) -> RevocationList | None:
        try:
            return read_list(self.fetch(address, LONGEST))
        except (NoAnswer, ListRefused):
            return None

    def _addresses(self, certificate: Certified) -> Iterator[str]:
        for _place, address in places_of(certificate):
            try:
                parts = urlsplit(address)
                host = parts.hostname or ""
            except ValueError:
                continue
            if parts.scheme in {"http", "https"}:
                yield address
            elif parts.scheme == "ldap" and host in self.mirrors:
                first = unquote(parts.path[1:]).split(",")[0].partition("=")[2].strip()
                if first:
                    yield f"{self.mirrors[host].rstrip('/')}/{quote(first, safe='')}.crl"


def _is_ldap(place: tuple[str, str]) -> bool:
    return place[1].lower().startswith(("ldap:", "ldaps:"))
