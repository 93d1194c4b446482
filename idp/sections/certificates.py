"""What the verification of certificates may be told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from idp.sections.section import Section

CertificateCode = Literal["joint_certificate", "business_certificate"]


class Certificates(Section):
    """공동인증서 and 기업인증서 for real. Without `roots` the stand-ins of `verification.simulated` play them."""

    roots: Path | None = None
    """A folder of the certificates of the authorities you trust (.der, .cer, .crt, .pem): roots, and those below them.
    Compare their fingerprints with `idp certificates list` out of band. Production refuses those of a lab."""
    methods: list[CertificateCode] = Field(default_factory=lambda: list(get_args(CertificateCode)))
    """Which of the methods in `verification.methods` are real once `roots` is set."""
    policies_file: Path = Path("config/certificate_policies.toml")
    """Which kinds of certificate are accepted, and for whom they speak."""
    crls_dir: Path = Path("var/crls")
    """Where `idp certificates import-crl` keeps revocation lists."""
    revocation_required: bool = True
    """Refuse a certificate when neither OCSP nor a current revocation list can tell whether it is revoked. Off in
    isolated tests only; production refuses to start so."""
    revocation_hosts: list[str] = Field(default_factory=list)
    """`host:port` of OCSP responders and HTTP servers of revocation lists that may be asked. Certificates name such
    addresses, and anybody can make a certificate: what is not listed here is never called."""
    crl_mirrors: dict[str, str] = Field(default_factory=dict)
    """Where revocation lists that certificates name by ldap are mirrored: the ldap host, and an http(s) address under
    which `<first part of the name>.crl` lies, such as `ds.yessign.or.kr = "http://mirror.internal/yessign"`. Its
    host, too, must be in `revocation_hosts`."""
    revocation_timeout: timedelta = Field(default=timedelta(seconds=4), gt=timedelta(0), le=timedelta(seconds=30))
    """For one question to one responder or mirror, as a whole."""
