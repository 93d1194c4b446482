"""Signed texts good and bad beside what `openssl cms -verify` thinks of them (issue, what to show; RFC 5652 §5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7

from idp.verification.certificates.cms import read_cms
from idp.verification.certificates.x509_values import read
from idp.verification.failures import VerificationFailure
from idp.verification.lab.issue import Key, p256_key
from tests.unit.verification.certificates.authority import RANDOM, Made, World, flipped
from tests.unit.verification.certificates.signing import Signer, signed_data
from tests.unit.verification.certificates.strangers import OpenSsl, needs_openssl

TEXT = "중기통합회원 기업 로그인|nonce|1237894566|2026-03-02T09:00:00Z".encode()
OTHER = TEXT.replace(b"nonce", b"other")
GOOD = "accepted"
FORM, FOREIGN = "certificate_signed_data_refused", "certificate_challenge_foreign"
MALFORMED, INVALID = "certificate_answer_malformed", "certificate_signature_invalid"


@dataclass(frozen=True)
class Bench:
    """A good certificate, and OpenSSL beside it."""

    world: World
    signer: Signer
    openssl: OpenSsl

    def by_openssl(self, *options: str, text: bytes = TEXT) -> bytes:
        """Signed by the command line."""
        key = self.signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.openssl.write("key.pem", key)
        self.openssl.write("content", text)
        leaf = self.openssl.bundle("signer.pem", [self.world.leaf])
        signing = (
            "-in",
            "content",
            "-signer",
            leaf,
            "-inkey",
            "key.pem",
            "-outform",
            "DER",
            "-binary",
            "-md",
            "sha256",
        )
        return self.openssl.run("cms", "-sign", *signing, *options).stdout

    def by_cryptography(self, *options: pkcs7.PKCS7Options) -> bytes:
        builder = pkcs7.PKCS7SignatureBuilder().set_data(TEXT)
        signing = builder.add_signer(self.signer.certificate, self.signer.key, hashes.SHA256())
        return signing.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


@dataclass(frozen=True)
class Case:
    """One signed text. `stricter` says why we refuse what OpenSSL does not."""

    name: str
    make: Callable[[Bench], bytes]
    ours: str
    detached: bool = False
    stricter: str = ""
    key: Callable[[], Key] | None = None


def ours(**faults: object) -> Callable[[Bench], bytes]:
    return lambda bench: signed_data(bench.signer, TEXT, **faults)  # type: ignore[arg-type]


def with_content(bench: Bench, text: bytes) -> bytes:
    content = cms.ContentInfo.load(signed_data(bench.signer, TEXT))
    content["content"]["encap_content_info"]["content"] = text
    octets: bytes = content.dump(force=True)
    return octets


def followed(bench: Bench) -> bytes:
    return signed_data(bench.signer, TEXT) + b"\x05\x00"


def by_another_key(bench: Bench) -> bytes:
    return signed_data(Signer(bench.signer.certificate, p256_key(), RANDOM), TEXT)


def detached_by_cryptography(bench: Bench) -> bytes:
    return bench.by_cryptography(pkcs7.PKCS7Options.DetachedSignature)


PSS = "rsa_padding_mode:pss"
NO_ATTRIBUTES = "the signature of a text could pass for one over attributes"
CASES = [
    Case("by OpenSSL", lambda b: b.by_openssl("-nodetach"), GOOD),
    Case("by OpenSSL, detached", lambda b: b.by_openssl(), GOOD, detached=True),
    Case("by OpenSSL, named by key id", lambda b: b.by_openssl("-nodetach", "-keyid"), GOOD),
    Case("by OpenSSL, P-256", lambda b: b.by_openssl("-nodetach"), GOOD, key=p256_key),
    Case("by OpenSSL, SHA-512", lambda b: b.by_openssl("-nodetach", "-md", "sha512"), GOOD),
    Case("by cryptography", lambda b: b.by_cryptography(), GOOD),
    Case("by cryptography, detached", detached_by_cryptography, GOOD, detached=True),
    Case("by cryptography, P-256", lambda b: b.by_cryptography(), GOOD, key=p256_key),
    Case("as our page makes it", ours(), GOOD),
    Case("as our page makes it, detached", ours(enclosed=False), GOOD, detached=True),
    Case("as our page makes it, P-256", ours(), GOOD, key=p256_key),
    Case("signing time left out", ours(twice="no-signing_time"), GOOD),
    Case("over another text", lambda b: signed_data(b.signer, OTHER), FOREIGN),
    Case("over another text, detached", lambda b: signed_data(b.signer, OTHER, enclosed=False), FOREIGN, detached=True),
    Case("text changed", lambda b: with_content(b, OTHER), FOREIGN),
    Case("signature changed", lambda b: flipped(signed_data(b.signer, TEXT)), INVALID),
    Case("signed by another key", by_another_key, INVALID),
    Case("no certificate", ours(certificates=()), FORM),
    Case("no signer", ours(signers=0), FORM),
    Case("two signers", ours(signers=2), FORM, stricter="one text, one signer"),
    Case("no attributes", ours(attributes=False), FORM, stricter=NO_ATTRIBUTES),
    Case("no content type", ours(twice="no-content_type"), FORM),
    Case("no message digest", ours(twice="no-message_digest"), FORM),
    Case("message digest twice", ours(twice="message_digest"), FORM),
    Case("of another content type", ours(content_type="signed_data"), FORM, stricter="RFC 5652 §11.1: must match"),
    Case("SHA-1", lambda b: b.by_openssl("-nodetach", "-md", "sha1"), FORM, stricter="§1.6 step 3: no SHA-1"),
    Case("PSS", lambda b: b.by_openssl("-nodetach", "-keyopt", PSS), FORM, stricter="PKCS #1 v1.5 only"),
    Case("BER of indefinite length", lambda b: b.by_openssl("-nodetach", "-stream"), MALFORMED, stricter="DER only"),
    Case("octets after it", followed, MALFORMED, stricter="one value, nothing more"),
    Case("cut short", lambda b: signed_data(b.signer, TEXT)[:-40], MALFORMED),
    Case("certificate alone", lambda b: b.world.leaf, MALFORMED),
]  # fmt: skip


def verdict_on(octets: bytes) -> str:
    """Ours, by its log code; the chain is another suite's."""
    try:
        signed = read_cms(octets, TEXT)
    except VerificationFailure as failure:
        return failure.code
    return GOOD if signed.signature.fits(read(signed.certificate).key) else INVALID


@needs_openssl
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_agrees_with_openssl(case: Case, tmp_path: Path) -> None:
    """Both verdicts, and where they part the rule that we are stricter by."""
    world = Made(leaf_key=case.key()).world() if case.key else Made().world()
    bench = Bench(world, Signer(x509.load_der_x509_certificate(world.leaf), world.key, RANDOM), OpenSsl(tmp_path))
    octets = case.make(bench)
    theirs = bench.openssl.believes(world, octets, TEXT, detached=case.detached)
    assert (verdict_on(octets), theirs) == (case.ours, case.ours == GOOD or bool(case.stricter))


def test_names_the_certificate_that_the_signer_names() -> None:
    """Others may come along: the chain, another of the same holder."""
    world, other = Made().world(), Made().world()
    signer = Signer(x509.load_der_x509_certificate(world.leaf), world.key, RANDOM)
    octets = signed_data(signer, TEXT, certificates=(*world.authorities, other.leaf, world.leaf))
    assert read_cms(octets, TEXT).certificate == world.leaf
