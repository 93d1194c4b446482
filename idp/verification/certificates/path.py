"""The chain from a certificate to a trusted authority. Pure. RFC 5280 §6.1, without what NPKI does not use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from idp.verification.certificates.authorities import Authorities
from idp.verification.certificates.failures import (
    AlgorithmWeak,
    AuthorityAsSigner,
    CertificateExpired,
    CertificateFailure,
    CertificateMalformed,
    CertificateNotYetValid,
    ChainRefused,
    IssuerUnknown,
)
from idp.verification.certificates.signatures import strong
from idp.verification.certificates.x509_values import ANY_POLICY, Certified

_LONGEST = 5
_MOST = 64
"""Chains that are tried: authorities that sign each other could make thousands."""


@dataclass(frozen=True, slots=True)
class Path:
    """A chain that holds: the member's certificate, then whoever issued it, up to the trusted authority."""

    certificates: tuple[Certified, ...]

    @property
    def leaf(self) -> Certified:
        return self.certificates[0]

    @property
    def issuers(self) -> Iterator[tuple[Certified, Certified]]:
        """Each certificate below the trusted one, with its issuer."""
        return pairwise(self.certificates)

    def allows(self, policy: str) -> bool:
        """Whether `policy`, which the certificate asserts, was its authorities' to assert. RFC 5280 §6.1.3 (d), (f)."""
        any_policy_left = _LONGEST + 1
        for each in reversed(self.certificates[1:-1]):
            said = each.policies or frozenset()
            if policy not in said and not (ANY_POLICY in said and (any_policy_left > 0 or each.self_issued)):
                return False
            if not each.self_issued:
                any_policy_left -= 1
            if each.inhibit_any_policy is not None:
                any_policy_left = min(any_policy_left, each.inhibit_any_policy)
        return True


def path_of(leaf: Certified, authorities: Authorities, now: datetime) -> Path:
    """The chain of `leaf`.

    Raises:
        CertificateFailure: there is none that holds; the leaf that says why.
    """
    _weigh_leaf(leaf, now)
    refused: CertificateFailure | None = None
    for count, chain in enumerate(_chains((leaf,), authorities)):
        failure = _why_not(chain, now)
        if failure is None:
            return Path(chain)
        refused = refused or failure
        if count >= _MOST:
            break
    raise refused or IssuerUnknown("no chain to a trusted authority")


def _weigh_leaf(leaf: Certified, now: datetime) -> None:
    if leaf.is_authority or leaf.signs("key_cert_sign"):
        raise AuthorityAsSigner
    if not leaf.understood:
        raise CertificateMalformed("an extension that must be understood is not")
    if leaf.scheme is None or not strong(leaf.key):
        raise AlgorithmWeak("of the certificate")
    if now < leaf.not_before:
        raise CertificateNotYetValid
    if now > leaf.not_after:
        raise CertificateExpired


def _chains(below: tuple[Certified, ...], authorities: Authorities) -> Iterator[tuple[Certified, ...]]:
    """Every chain by names, trusted ends first."""
    top = below[-1]
    yield from ((*below, anchor) for anchor in _named(top, authorities.anchors))
    if len(below) < _LONGEST:
        for each in _named(top, authorities.intermediates):
            if each not in below:
                yield from _chains((*below, each), authorities)


def _named(certificate: Certified, candidates: Iterable[Certified]) -> Iterator[Certified]:
    for each in candidates:
        if each.subject == certificate.issuer and (
            None in {certificate.authority_key_id, each.subject_key_id}
            or certificate.authority_key_id == each.subject_key_id
        ):
            yield each


def _why_not(chain: tuple[Certified, ...], now: datetime) -> CertificateFailure | None:
    below = 0
    for certificate, issuer in pairwise(chain):
        if certificate is not chain[0] and not certificate.self_issued:
            below += 1
        failure = _why_not_issued(issuer, below, now, anchor=issuer is chain[-1])
        if failure is not None:
            return failure
        if not issuer.issued(certificate):
            return ChainRefused("signature of an authority")
    return None


def _why_not_issued(issuer: Certified, below: int, now: datetime, *, anchor: bool) -> CertificateFailure | None:
    """Whether `issuer` may issue, with so many authorities between it and the member."""
    if not issuer.is_authority or not issuer.signs("key_cert_sign"):
        return ChainRefused("issuer is no authority")
    if issuer.path_length is not None and below > issuer.path_length:
        return ChainRefused("path too long")
    if not issuer.not_before <= now <= issuer.not_after:
        return ChainRefused("authority out of its time")
    if not issuer.understood:
        return ChainRefused("an extension of an authority that must be understood is not")
    # What a trusted authority's own certificate is signed with proves nothing, and so is not weighed.
    if not strong(issuer.key) or (issuer.scheme is None and not anchor):
        return AlgorithmWeak("of an authority")
    return None
