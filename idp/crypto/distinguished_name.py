"""Distinguished names, written and in certificates, brought to one form in which they can be compared.

RFC 4514 is how they are written, RFC 4518 §2 what is the same: neither case nor the number of blanks matters, nor in
which of its string types a certificate keeps a value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

from asn1crypto import core
from cryptography import x509

from idp.errors import BadRequest

ComparableName = tuple[frozenset[tuple[str, str]], ...]
"""Each relative name a set of attribute (dotted) and value, the first of the certificate's first."""

_ATTRIBUTES: Final = {
    "CN": "2.5.4.3", "SN": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8",
    "STREET": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11", "TITLE": "2.5.4.12", "BUSINESSCATEGORY": "2.5.4.15",
    "POSTALCODE": "2.5.4.17", "GN": "2.5.4.42", "GIVENNAME": "2.5.4.42", "ORGANIZATIONIDENTIFIER": "2.5.4.97",
    "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
    "E": "1.2.840.113549.1.9.1", "EMAILADDRESS": "1.2.840.113549.1.9.1",
}  # fmt: skip
_OID = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+")
_PAIR = re.compile(r'\\([0-9A-Fa-f]{2}|[ "#+,;<=>\\])')
_PIECE = re.compile(r"(?:\\[0-9A-Fa-f]{2}|\\.|[^\\,;+])*", re.DOTALL)


class NotAName(BadRequest):
    """It cannot be read as a distinguished name."""

    code = "not_a_name"


def written(name: str) -> ComparableName:
    """The name that `name` writes. RFC 4514 §3.

    Raises:
        NotAName: it is none.
    """
    try:
        return tuple(reversed([frozenset(relative) for relative in _relatives(name)]))
    except ValueError as error:  # what is no UTF-8, no hex and no DER too
        raise NotAName from error


def subject_of(certificate: x509.Certificate) -> ComparableName:
    """The subject's name.

    Raises:
        NotAName: it cannot be read.
    """
    try:
        return tuple(
            frozenset((attribute.oid.dotted_string, _comparable(attribute.value)) for attribute in relative)
            for relative in certificate.subject.rdns
        )
    except ValueError as error:
        raise NotAName from error


def _relatives(name: str) -> Iterator[list[tuple[str, str]]]:
    relative: list[tuple[str, str]] = []
    position = 0
    while True:
        piece = _PIECE.match(name, position)
        assert piece is not None  # noqa: S101  # it matches nothing too
        relative.append(_attribute(piece[0]))
        position = piece.end()
        if position == len(name):
            yield relative
            return
        if name[position] == "\\":
            raise ValueError("an escape that ends too early")
        if name[position] != "+":
            yield relative
            relative = []
        position += 1


def _attribute(piece: str) -> tuple[str, str]:
    kind, equals, value = piece.partition("=")
    kind = kind.strip().upper().removeprefix("OID.")
    oid = _ATTRIBUTES.get(kind, kind)
    if not equals or _OID.fullmatch(oid) is None:
        raise ValueError("an attribute that is not known by that name")
    value = value.lstrip(" ")
    return oid, _comparable(_of_der(value) if value.startswith("#") else _unescaped(value))


def _of_der(value: str) -> Any:
    """RFC 4514 §2.4: `#` and the encoding of the value in hex digits."""
    return core.load(bytes.fromhex(value.strip()[1:]), strict=True).native


def _unescaped(value: str) -> str:
    octets, position = bytearray(), 0
    while position < len(value):
        pair = _PAIR.match(value, position)
        if pair is not None:
            octets += bytes.fromhex(pair[1]) if len(pair[1]) == 2 else pair[1].encode()
            position = pair.end()
        elif value[position] in '\\"<>\x00':
            raise ValueError("a character that must be escaped")
        else:
            octets += value[position].encode()
            position += 1
    return octets.decode("utf-8")


def _comparable(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a value that is no text")
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())
