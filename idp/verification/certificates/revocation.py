"""Whether a certificate was revoked: asked of one source after the other, and refused where none of them knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from idp.verification.certificates.failures import (
    CertificateRevoked,
    ResponderForeign,
    RevocationByLdapOnly,
    RevocationUnknown,
)
from idp.verification.certificates.path import Path
from idp.verification.certificates.x509_values import Certified

SKEW = timedelta(minutes=5)
"""How far the clock of an authority or its responder may run before ours."""


class Standing(Enum):
    """What a source says of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"


class Silence(Enum):
    """Why a source cannot tell and never will: a limit of ours, which the operator can do something about."""

    LDAP_ONLY = "the list is at an ldap server, which is not spoken, and nobody mirrors it"
    FOREIGN_RESPONDER = "the responder has its certificate from another authority than the one it speaks for"


class Source(Protocol):
    """One way to find out. Raises nothing: what is down, unreadable, forged or too old has nothing to say."""

    def __call__(self, certificate: Certified, issuer: Certified, now: datetime) -> Standing | Silence | None:
        """What it says of a certificate of this issuer; None when it cannot tell."""
        ...


_UNKNOWN = {Silence.LDAP_ONLY: RevocationByLdapOnly, Silence.FOREIGN_RESPONDER: ResponderForeign}


@dataclass(frozen=True, slots=True)
class Revocation:
    """Asks `sources` in their order. `fails_closed` is off in isolated tests only."""

    sources: tuple[Source, ...]
    of_authorities: tuple[Source, ...] = ()
    """Asked about authorities below the root: they must not say revoked, and need not say good, as the operator who
    trusts an authority can stop trusting it."""
    fails_closed: bool = True

    def __call__(self, path: Path, now: datetime) -> None:
        """Return when the certificate may be relied on.

        Raises:
            CertificateRevoked: it, or an authority above it, was revoked.
            RevocationUnknown: nobody could say; a leaf of it where that is a limit of ours.
        """
        (certificate, issuer), *above = path.issuers
        said = _first(self.sources, certificate, issuer, now)
        if said is Standing.REVOKED:
            raise CertificateRevoked
        if self.fails_closed and said is not Standing.GOOD:
            raise _UNKNOWN[said] if isinstance(said, Silence) else RevocationUnknown
        if any(_first(self.of_authorities, each, by, now) is Standing.REVOKED for each, by in above):
            raise CertificateRevoked("an authority")


def _first(
    sources: Iterable[Source], certificate: Certified, issuer: Certified, now: datetime
) -> Standing | Silence | None:
    silence: Silence | None = None
    for source in sources:
        said = source(certificate, issuer, now)
        if isinstance(said, Standing):
            return said
        silence = silence or said
    return silence
