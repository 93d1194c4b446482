"""Whether a signed text holds, check by check in the order of the korean-identity rules §1.6."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.verification.certificates.authorities import Authorities
from idp.verification.certificates.cms import SignedText
from idp.verification.certificates.failures import HolderUnnamed, SignatureInvalid, UsageRefused
from idp.verification.certificates.npki import Vid
from idp.verification.certificates.path import Path, path_of
from idp.verification.certificates.policies import PolicyTable
from idp.verification.certificates.revocation import Revocation
from idp.verification.certificates.x509_values import Certified, read
from idp.verification.evidence import Holder

_FOR_HOLDERS = frozenset(
    each.dotted_string
    for each in (
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
    )
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A text that the holder of a good certificate signed."""

    path: Path
    policy: str
    real_name: str = field(repr=False)
    vid: Vid | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Weighs certificates and signatures; the only effect is what `revocation` asks of others."""

    authorities: Authorities
    policies: PolicyTable
    revocation: Revocation

    def __call__(self, text: SignedText, holder: Holder, now: datetime) -> Signed:
        """The signature of a holder of this kind.

        Raises:
            VerificationFailure: the leaf of the first check that fails.
        """
        path, policy = self.certificate(read(text.certificate), holder, now)
        if not text.signature.fits(path.leaf.key):
            raise SignatureInvalid
        named = path.leaf.identified
        if named is None:
            raise HolderUnnamed("no realName")
        return Signed(path, policy, named.real_name, named.vid)

    def certificate(self, leaf: Certified, holder: Holder, now: datetime) -> tuple[Path, str]:
        """The chain of a certificate and the policy by which it speaks for `holder`, whoever presents it.

        Raises:
            VerificationFailure: the leaf of the first check that fails.
        """
        path = path_of(leaf, self.authorities, now)
        if not (leaf.signs("digital_signature") and leaf.signs("content_commitment") and _is_for_holders(leaf)):
            raise UsageRefused
        policy = self.policies.of(path, holder)
        self.revocation(path, now)
        return path, policy


def _is_for_holders(leaf: Certified) -> bool:
    """Whether no other usage was written in, such as that of a responder: RFC 5280 §4.2.1.12."""
    return leaf.extended_usage is None or not _FOR_HOLDERS.isdisjoint(leaf.extended_usage)
