"""OpenSSL's command line, which knows nothing of us: makes certificates, and says what it thinks of ours."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from idp.verification.certificates.npki import vid_of
from idp.verification.lab.issue import Key
from tests.programs import needs
from tests.unit.verification.certificates.authority import BUSINESS, NOW, NUMBER, RANDOM, World

needs_openssl = needs("openssl")
_CONFIGURATION = """
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
certificatePolicies = 2.5.29.32.0
[member]
keyUsage = critical,digitalSignature,nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
certificatePolicies = critical,{policy}
subjectAltName = otherName:1.2.410.200004.10.1.1;SEQUENCE:identify
[identify]
realName = FORMAT:UTF8,UTF8String:길동상사
userInfo = SEQUENCE:infos
[infos]
vid = SEQUENCE:info
[info]
type = OID:1.2.410.200004.10.1.1.1
value = SEQUENCE:vid
[vid]
hashAlg = SEQUENCE:digest
virtualID = EXPLICIT:0,FORMAT:HEX,OCTETSTRING:{vid}
[digest]
algorithm = OID:sha256
[ca]
default_ca = lists
[lists]
database = index.txt
default_md = sha256
default_crl_days = 7
"""
_SIGNING = b"""rand_serial = yes
new_certs_dir = .
policy = any
unique_subject = no
[any]
commonName = supplied
countryName = optional
"""


@dataclass(frozen=True)
class OpenSsl:
    """Works in a directory of its own."""

    directory: Path

    def run(self, *arguments: str, fails: bool = False) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(["openssl", *arguments], cwd=self.directory, capture_output=True, timeout=60, check=False)
        assert fails or done.returncode == 0, done.stderr.decode()
        return done

    def write(self, name: str, octets: bytes) -> str:
        (self.directory / name).write_bytes(octets)
        return name

    def bundle(self, name: str, ders: Iterable[bytes]) -> str:
        return self.write(name, "".join(ssl.DER_cert_to_PEM_cert(each) for each in ders).encode())

    def trusts(self, world: World, policies: Iterable[str], at: datetime = NOW) -> bool:
        """Whether `openssl verify` accepts the certificate, with policy and revocation checked."""
        return (
            self.run("verify", *self._chain(world, at), *_asked(policies), self._leaf(world), fails=True).returncode
            == 0
        )

    def believes(self, world: World, octets: bytes, text: bytes, *, detached: bool = False) -> bool:
        """Whether `openssl cms -verify` finds `text` signed by the certificate's holder."""
        cms, content, out = self.write("s.der", octets), self.write("text", text), self.directory / "out"
        out.unlink(missing_ok=True)
        aside = ("-content", content) if detached else ()
        where = ("-in", cms, "-inform", "DER", "-binary", "-out", "out", *aside)
        # It looks for authorities in the message and in this store; only what is self-issued is trusted in either.
        known = self._known((*world.roots, *world.authorities), NOW)
        done = self.run("cms", "-verify", *where, *known, fails=True)
        return done.returncode == 0 and out.read_bytes() == text

    def _chain(self, world: World, at: datetime) -> tuple[str, ...]:
        lists = []
        for number, each in enumerate(world.lists):
            name = self.write(f"list{number}.der", each)
            self.run("crl", "-inform", "DER", "-in", name, "-out", f"list{number}.pem")
            lists += ["-CRLfile", f"list{number}.pem"]
        return (
            *self._known(world.roots, at),
            "-untrusted",
            self._untrusted(world),
            "-crl_check",
            "-extended_crl",
            *lists,
        )

    def _known(self, authorities: Iterable[bytes], at: datetime) -> tuple[str, ...]:
        known = ("-CAfile", self.bundle("known.pem", authorities), "-no-CApath", "-no-CAstore")
        return (*known, "-attime", str(int(at.timestamp())), "-auth_level", "2", "-purpose", "any")

    def _untrusted(self, world: World) -> str:
        return self.bundle("untrusted.pem", world.authorities or world.roots)

    def _leaf(self, world: World) -> str:
        return self.bundle("leaf.pem", [world.leaf])


def _asked(policies: Iterable[str]) -> list[str]:
    return ["-explicit_policy", *(part for each in policies for part in ("-policy", each))]


@dataclass(frozen=True)
class Issue:
    """What OpenSSL shall make, and with which fault."""

    policy: str = BUSINESS
    key: tuple[str, ...] = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    digest: str = "-sha256"
    ends: timedelta = timedelta(days=300)
    revoked: bool = False
    trusted: bool = True


def made_by_openssl(openssl: OpenSsl, issue: Issue) -> World:
    """Root, authority, member and list, none of it through our libraries."""
    vid = vid_of(NUMBER, RANDOM).hex()
    openssl.write("made.cnf", _CONFIGURATION.format(policy=issue.policy, vid=vid).encode())
    for name in ("root", "ca"):
        openssl.run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", f"{name}.key")
    openssl.run("genpkey", *issue.key, "-out", "leaf.key")
    for name, by, subject in (
        ("root", "root", "/CN=O Root"),
        ("ca", "root", "/CN=O CA"),
        ("leaf", "ca", "/C=KR/CN=O Member"),
    ):
        _certify(openssl, issue, name, by if issue.trusted or name != "leaf" else "leaf", subject)
    listed = _listed(openssl, revoked=issue.revoked)
    ders = {
        name: ssl.PEM_cert_to_DER_cert((openssl.directory / f"{name}.pem").read_text())
        for name in ("root", "ca", "leaf")
    }
    key = load_pem_private_key((openssl.directory / "leaf.key").read_bytes(), None)
    assert isinstance(key, Key)
    return World(ders["leaf"], key, (ders["root"],), (ders["ca"],), (listed,))


def _certify(openssl: OpenSsl, issue: Issue, name: str, by: str, subject: str) -> None:
    digest = issue.digest if name == "leaf" else "-sha256"
    starts, ends = NOW - timedelta(days=60), NOW + (issue.ends if name == "leaf" else timedelta(days=900))
    openssl.run("req", "-new", "-config", "made.cnf", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
    openssl.write("index.txt", b"")
    section = "member" if name == "leaf" else "authority"
    signed_by = ("-selfsign",) if by == name else ("-cert", f"{by}.pem")
    openssl.write("sign.cnf", (openssl.directory / "made.cnf").read_bytes() + _SIGNING)
    dates = ("-startdate", f"{starts:%Y%m%d%H%M%SZ}", "-enddate", f"{ends:%Y%m%d%H%M%SZ}")
    openssl.run(
        *("ca", "-batch", "-config", "sign.cnf", "-name", "lists", "-in", f"{name}.csr", "-out", f"{name}.pem"),
        *(
            "-keyfile",
            f"{by}.key",
            *signed_by,
            "-md",
            digest.removeprefix("-"),
            "-extensions",
            section,
            *dates,
            "-notext",
        ),
    )


def _listed(openssl: OpenSsl, *, revoked: bool) -> bytes:
    entry = b""
    if revoked:
        serial = openssl.run("x509", "-in", "leaf.pem", "-noout", "-serial").stdout.decode().strip().partition("=")[2]
        times = (f"{each:%y%m%d%H%M%SZ}" for each in (NOW + timedelta(days=300), NOW - timedelta(days=2)))
        entry = "\t".join(("R", *times, serial, "unknown", "/CN=O\n")).encode()
    openssl.write("index.txt", entry)
    dates = (
        "-crl_lastupdate",
        f"{NOW - timedelta(days=1):%Y%m%d%H%M%SZ}",
        "-crl_nextupdate",
        f"{NOW + timedelta(days=6):%Y%m%d%H%M%SZ}",
    )
    openssl.run(
        *("ca", "-config", "made.cnf", "-name", "lists", "-gencrl", *dates, "-cert", "ca.pem", "-keyfile", "ca.key"),
        *("-out", "list.pem"),
    )
    return openssl.run("crl", "-in", "list.pem", "-outform", "DER").stdout
