"""Whose certificates the lab makes, and what is wrong with each that is not good."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from idp.verification.lab.key_file import Protection
from idp.verification.simulated.people import COMPANIES

PASSWORD = "LabCert!2026"
"""Of every key file of a lab: no secret, it is printed where the files are."""
BUSINESS_POLICY, PERSON_POLICY = "1.2.410.200005.1.1.5", "1.2.410.200005.1.1.1"
LIMITED_POLICY, UNKNOWN_POLICY = "1.2.410.200005.1.1.6.8", "1.3.6.1.4.1.32473.410.2"
FINANCIAL_POLICY = "1.2.410.200005.1.1.8.11"
_NO_ONES_NUMBER = "0000000000000"
_COMPANY, _OTHER = COMPANIES[0], COMPANIES[1]


class KeyKind(StrEnum):
    """What key a certificate is of."""

    RSA = "rsa"
    RSA_3072 = "rsa-3072"
    P256 = "p256"


@dataclass(frozen=True, slots=True)
class LabMember:
    """One folder of certificate and key."""

    folder: str
    about: str
    real_name: str = _COMPANY.name
    number: str = field(default=_COMPANY.business_number, repr=False)
    policy: str = BUSINESS_POLICY
    protection: Protection = Protection.PBES1_SEED
    key: KeyKind = KeyKind.RSA
    revoked: bool = False
    starts: timedelta = timedelta(days=-1)
    """From when the lab is made."""
    lasts: timedelta = timedelta(days=365)
    same_as: str = ""
    """The folder whose certificate this is, under another lock."""


MEMBERS = (
    LabMember("business", "good; signPri.key by PBES1 with SEED, and certificate.pfx"),
    LabMember(
        "business-old-seed", "the same, locked the oldest way", protection=Protection.OLD_SEED, same_as="business"
    ),
    LabMember(
        "business-pbes2-seed", "the same, by PBES2 and SEED", protection=Protection.PBES2_SEED, same_as="business"
    ),
    LabMember("business-pbes2-aes", "the same, by PBES2 and AES", protection=Protection.PBES2_AES, same_as="business"),
    LabMember("business-second", "a second good one of the same company"),
    LabMember("business-rsa-3072", "good, RSA of 3072 bits", key=KeyKind.RSA_3072, protection=Protection.PBES2_SEED),
    LabMember("business-p256", "good, ECDSA P-256", key=KeyKind.P256, protection=Protection.PBES2_AES),
    LabMember("business-financial", "good, of the kind of 금융인증서", policy=FINANCIAL_POLICY),
    LabMember("business-expired", "expired", starts=timedelta(days=-400)),
    LabMember("business-not-yet-valid", "valid from next year", starts=timedelta(days=365)),
    LabMember("business-revoked", "revoked", revoked=True),
    LabMember("business-limited", "of a kind limited to tax, which is not enabled", policy=LIMITED_POLICY),
    LabMember("business-wrong-policy", "of a kind that nobody knows", policy=UNKNOWN_POLICY),
    LabMember("business-other-company", "another company's", real_name=_OTHER.name, number=_OTHER.business_number),
    LabMember("person", "good, a person's", "홍길동", _NO_ONES_NUMBER, PERSON_POLICY),
    LabMember(
        "person-second", "good, another person's", "김길동", _NO_ONES_NUMBER, PERSON_POLICY, Protection.PBES2_SEED
    ),
    LabMember(
        "person-expired", "expired, a person's", "홍길동", _NO_ONES_NUMBER, PERSON_POLICY, starts=timedelta(days=-400)
    ),
    LabMember("person-revoked", "revoked, a person's", "홍길동", _NO_ONES_NUMBER, PERSON_POLICY, revoked=True),
)
