"""What NPKI adds to X.509: the holder's real name and VID in the certificate, R in the key. KCAC.TS.SIVID §6."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from asn1crypto import algos, core

from idp.verification.certificates.der import FOREIGN, NotDer, check

IDENTIFY_DATA = "1.2.410.200004.10.1.1"
VID = "1.2.410.200004.10.1.1.1"
RANDOM_NUMBER = "1.2.410.200004.10.1.1.3"
LAB_MARK = "1.3.6.1.4.1.32473.410.1"
"""An extension that every authority of a lab bears, below the number set aside for documentation (RFC 5612)."""

_LONGEST = 4096
_DIGESTS = {"sha1", "sha256", "sha384", "sha512"}


class HashContent(core.Sequence):  # type: ignore[misc]  # asn1crypto ships no types
    """What VID is a digest of."""

    _fields = [("idn", core.PrintableString), ("randomNum", core.OctetBitString)]  # noqa: RUF012


class VidValue(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("hashAlg", algos.DigestAlgorithm),
        ("virtualID", core.OctetString, {"explicit": 0}),
    ]


class UserInfo(core.Sequence):  # type: ignore[misc]
    """Its value is a VID where its type says so, and may be anything else."""

    _fields = [("type", core.ObjectIdentifier), ("value", core.Any)]  # noqa: RUF012


class UserInfos(core.SequenceOf):  # type: ignore[misc]
    _child_spec = UserInfo


class IdentifyData(core.Sequence):  # type: ignore[misc]
    _fields = [("realName", core.UTF8String), ("userInfo", UserInfos, {"optional": True})]  # noqa: RUF012


@dataclass(frozen=True, slots=True)
class Vid:
    """The VID of a certificate."""

    digest: str
    value: bytes = field(repr=False)

    def is_of(self, number: str, random: bytes) -> bool:
        """Whether it is that of `number`, which only who opened the key can show: R lies in it."""
        return hmac.compare_digest(self.value, vid_of(number, random, self.digest))


@dataclass(frozen=True, slots=True)
class Identified:
    """What identifyData says."""

    real_name: str = field(repr=False)
    vid: Vid | None


def vid_of(number: str, random: bytes, digest: str = "sha256") -> bytes:
    """h(h(DER(number, R))), number in digits. KCAC.TS.SIVID §6.5."""
    content = HashContent({"idn": number, "randomNum": random}).dump()
    return hashlib.new(digest, hashlib.new(digest, content).digest()).digest()


def identified(octets: bytes) -> Identified | None:
    """The content of an identifyData name; None when it is not one, or its VID is made in no way we know."""
    try:
        check(octets, _LONGEST)
        data = IdentifyData.load(octets, strict=True)
        real_name = str(data["realName"].native).strip()
        vids = [_vid(each["value"].dump()) for each in data["userInfo"] if each["type"].dotted == VID]
    except (NotDer, *FOREIGN):
        return None
    if not real_name or len(real_name) > 200 or not real_name.isprintable() or len(vids) > 1:
        return None
    return Identified(real_name, vids[0] if vids else None)


def _vid(octets: bytes) -> Vid:
    value = VidValue.load(octets, strict=True)
    digest = value["hashAlg"]["algorithm"].native
    if digest not in _DIGESTS:
        raise ValueError("digest")
    return Vid(digest, value["virtualID"].native)
