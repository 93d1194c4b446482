"""From key files and a password to signed data that our server and OpenSSL take; or to one sentence why not."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from idp.verification.certificates.cms import read_cms
from idp.verification.certificates.x509_values import read
from idp.verification.lab.key_file import sequence
from idp.verification.lab.make import Lab
from idp.verification.lab.members import BUSINESS_POLICY, MEMBERS, PASSWORD
from tests.fakes import FrozenClock
from tests.unit.frontend.conftest import Run
from tests.unit.verification.certificates.signing import open_member, opened

TEXT = "중기통합회원 기업 로그인|nonce|1237894566|2026-03-02T00:00:00Z"
GOOD = [each.folder for each in MEMBERS if not each.folder.endswith(("expired", "not-yet-valid"))]


def folder(lab: Lab, member: str) -> Path:
    return lab.directory / "members" / member


def pair(lab: Lab, member: str, **other: Any) -> dict[str, Any]:
    """Signing with a member's two files, but for `other`."""
    files = {"certificate": folder(lab, member) / "signCert.der", "key": folder(lab, member) / "signPri.key"}
    call = {"call": "sign", "text": TEXT, "password": PASSWORD, "now": FrozenClock().now().isoformat(), "accepted": []}
    return {**call, **{kind: path.read_bytes().hex() for kind, path in files.items()}, **other}


def of_pfx(lab: Lab, member: str, **other: Any) -> dict[str, Any]:
    """The same with a member's PFX."""
    call = pair(lab, member)
    del call["certificate"], call["key"]
    return {**call, "pfx": (folder(lab, member) / "certificate.pfx").read_bytes().hex(), **other}


@pytest.mark.parametrize("member", GOOD)
def test_signs_what_the_server_takes(run: Run, lab: Lab, member: str) -> None:
    """Issue 4: every lock that is met, RSA and ECDSA, two files or one; the CMS names its certificate and fits it."""
    for answer in run([pair(lab, member), of_pfx(lab, member)]):
        signed = read_cms(base64.b64decode(answer["gave"]["cms"]), TEXT.encode())
        assert signed.certificate == lab.certificate(member)
        assert signed.signature.fits(read(signed.certificate).key)


def test_hands_over_r_for_the_vid(run: Run, lab: Lab) -> None:
    """KCAC.TS.SIVID §6.5: R, from the key of either kind of file, shows the 사업자등록번호 in the certificate."""
    number = MEMBERS[0].number
    for answer in run([pair(lab, "business"), of_pfx(lab, "business")]):
        named = read(lab.certificate("business")).identified
        assert named is not None
        assert named.vid is not None
        assert named.vid.is_of(number, bytes.fromhex(answer["gave"]["r"]))


@pytest.mark.parametrize("member", ["business", "business-rsa-3072", "business-p256"])
def test_signs_what_openssl_takes(run: Run, lab: Lab, tmp_path: Path, member: str) -> None:
    """Issue 4: `openssl cms -verify` agrees; it gives back exactly the text."""
    (answer,) = run([pair(lab, member)])
    (tmp_path / "cms").write_bytes(base64.b64decode(answer["gave"]["cms"]))
    command = ["openssl", "cms", "-verify", "-inform", "DER", "-in", str(tmp_path / "cms"), "-noverify", "-binary"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    assert done.stdout == TEXT.encode()


@pytest.mark.parametrize(
    ("expected", "member", "other"),
    [
        ("password", "business", {"password": "LabCert!2027"}),
        ("password", "business-old-seed", {"password": ""}),
        ("password", "business-pbes2-seed", {"password": "비밀번호"}),
        ("password", "business-pbes2-aes", {"password": "x" * 10_000}),
        ("expired", "business-expired", {}),
        ("early", "business-not-yet-valid", {}),
        ("kind", "business-limited", {"accepted": [BUSINESS_POLICY]}),
        ("damaged", "business", {"certificate": "00"}),
        ("damaged", "business", {"key": "3080" + "00" * 40}),
    ],
)
def test_says_why_it_does_not_sign(run: Run, lab: Lab, expected: str, member: str, other: dict[str, Any]) -> None:
    """Issue 4, bad input: each has its sentence, and nothing is signed."""
    assert run([pair(lab, member, **other)]) == [{"refused": expected}]


def test_refuses_the_wrong_password_of_a_pfx(run: Run, lab: Lab) -> None:
    """The same sentence as for two files."""
    assert run([of_pfx(lab, "business", password="wrong")]) == [{"refused": "password"}]


def test_finds_the_key_of_another(run: Run, lab: Lab) -> None:
    """Key and certificate that do not belong together, of one kind and of two."""
    for other in ("business-second", "business-p256"):
        stranger = lab.certificate(other).hex()
        assert run([pair(lab, "business", certificate=stranger)]) == [{"refused": "pair"}]


def test_never_takes_a_wrong_password_for_a_right_one(run: Run, lab: Lab) -> None:
    """The padding of a wrong password fits once in 256 times; what lies under it is never taken for a key."""
    calls = [pair(lab, "business-pbes2-seed", password=f"wrong {count}") for count in range(520)]
    assert {answer.get("refused") for answer in run(calls)} == {"password"}


@pytest.mark.parametrize(("bits", "oid"), [(128, "1.2.410.200046.1.1.2"), (256, "1.2.410.200046.1.1.12")])
def test_opens_a_key_locked_by_aria(run: Run, lab: Lab, bits: int, oid: str) -> None:
    """PBES2 with ARIA-CBC as OpenSSL makes it; its PRF left out is HMAC with SHA-1 (RFC 8018 §A.2)."""
    plain = opened((folder(lab, "business") / "signPri.key").read_bytes(), PASSWORD.encode())
    salt, iv = b"s" * 8, b"i" * 16
    key = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt, 1000, bits // 8)
    command = ["openssl", "enc", f"-aria-{bits}-cbc", "-K", key.hex(), "-iv", iv.hex()]
    sealed = subprocess.run(command, input=plain, capture_output=True, check=True, timeout=20).stdout
    by = _named("1.2.840.113549.1.5.12", sequence(core.OctetString(salt).dump(), core.Integer(1000).dump()))
    scheme = _named(oid, core.OctetString(iv).dump())
    algorithm = _named("1.2.840.113549.1.5.13", sequence(by, scheme))
    locked = sequence(algorithm, core.OctetString(sealed).dump())
    (answer,) = run([pair(lab, "business", key=locked.hex())])
    assert "cms" in answer["gave"]


def test_opens_a_pfx_of_openssl_and_of_cryptography(run: Run, lab: Lab, tmp_path: Path) -> None:
    """Issue 4: made by others than us, as they make it when nothing is said; without R, which they do not know."""
    signer = open_member(folder(lab, "business"))
    (tmp_path / "key.pem").write_bytes(signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "cert.pem").write_bytes(signer.certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "pkcs12", "-export", "-inkey", str(tmp_path / "key.pem"), "-in", str(tmp_path / "cert.pem")]
    command += ["-passout", f"pass:{PASSWORD}", "-name", "길동상사"]
    by_openssl = subprocess.run(command, capture_output=True, check=True, timeout=20).stdout
    lock = BestAvailableEncryption(PASSWORD.encode())
    by_cryptography = serialize_key_and_certificates(b"x", signer.key, signer.certificate, None, lock)
    for made in (by_openssl, by_cryptography):
        (answer,) = run([of_pfx(lab, "business", pfx=made.hex())])
        assert answer["gave"]["r"] == ""
        signed = read_cms(base64.b64decode(answer["gave"]["cms"]), TEXT.encode())
        assert signed.signature.fits(signer.certificate.public_key())


@pytest.mark.parametrize(
    ("expected", "rounds"),
    [("damaged", 0), ("unsupported", 100_001), ("unsupported", 2**31), ("unsupported", 2**70)],
)
def test_does_not_work_for_hours(run: Run, lab: Lab, expected: str, rounds: int) -> None:
    """Hostile files: as many rounds as nobody asks for are refused before the first, and so are none at all."""
    parameters = sequence(core.OctetString(b"s" * 8).dump(), core.Integer(rounds).dump())
    locked = sequence(_named("1.2.410.200004.1.15", parameters), core.OctetString(b"x" * 64).dump())
    assert run([pair(lab, "business", key=locked.hex())]) == [{"refused": expected}]


@pytest.mark.parametrize("oid", ["1.2.840.113549.1.12.1.3", "1.2.840.113549.1.12.1.6", "1.2.840.113549.1.5.3"])
def test_names_a_lock_it_cannot_open(run: Run, lab: Lab, oid: str) -> None:
    """3DES, RC2 and DES of older exports are not read: the sentence says which are."""
    parameters = sequence(core.OctetString(b"s" * 8).dump(), core.Integer(2048).dump())
    locked = sequence(_named(oid, parameters), core.OctetString(b"x" * 64).dump())
    assert run([pair(lab, "business", key=locked.hex())]) == [{"refused": "unsupported"}]


def _named(oid: str, parameters: bytes) -> bytes:
    return sequence(core.ObjectIdentifier(oid).dump(), parameters)
