"""A client's logo as we keep it: an image that stands still, of a kind and size that a page can bear."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from idp.errors import BadRequest

Kind = Literal["image/png", "image/jpeg", "image/webp"]

KINDS: Final = frozenset({"image/png", "image/jpeg", "image/webp"})
"""No SVG: it is a document with scripts and addresses in it."""
LONGEST: Final = 256 * 1024
_WIDEST = 2048
_ANIMATED_WEBP = 0x02


class NoLogo(BadRequest):
    """The octets are no such image."""

    code = "no_logo"


@dataclass(frozen=True, slots=True)
class Logo:
    """What is shown; `digest` names it in its address."""

    kind: Kind
    octets: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.octets).hexdigest()


def read_logo(octets: bytes) -> Logo:
    """The image in `octets`, by its own first octets whatever it was called.

    Raises:
        NoLogo: another kind, too large, animated, or not whole enough to tell.
    """
    try:
        kind, width, height = _measured(octets)
    except (struct.error, IndexError):
        raise NoLogo("the image is cut off") from None
    if not 0 < width <= _WIDEST or not 0 < height <= _WIDEST:
        raise NoLogo(f"the image is larger than {_WIDEST} pixels")
    return Logo(kind, octets)


def _measured(octets: bytes) -> tuple[Kind, int, int]:
    if octets.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png", *_png(octets)
    if octets.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", *_jpeg(octets)
    if octets[:4] == b"RIFF" and octets[8:12] == b"WEBP":
        return "image/webp", *_webp(octets)
    raise NoLogo("the image is not PNG, JPEG or WebP")


def _png(octets: bytes) -> tuple[int, int]:
    """W3C PNG §11.2.2 (IHDR), §11.3.6.1 (acTL)."""
    if octets[12:16] != b"IHDR":
        raise NoLogo("the image is not PNG, JPEG or WebP")
    if b"acTL" in _chunks(octets):
        raise NoLogo("the image moves")
    width, height = struct.unpack_from(">II", octets, 16)
    return width, height


def _chunks(octets: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(octets):
        length, name = struct.unpack_from(">I4s", octets, at)
        yield name
        at += 12 + length


def _jpeg(octets: bytes) -> tuple[int, int]:
    """ITU-T T.81 B.2.2: the first frame header."""
    at = 2
    while True:
        marker = octets[at + 1]
        if octets[at] != 0xFF or marker == 0xDA:
            raise NoLogo("the image has no size")
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", octets, at + 5)
            return width, height
        else:
            at += 2 + struct.unpack_from(">H", octets, at + 2)[0]


def _webp(octets: bytes) -> tuple[int, int]:
    """RFC 9649 §2.5, §2.6, §2.7."""
    kind = octets[12:16]
    if kind == b"VP8X":
        if octets[20] & _ANIMATED_WEBP:
            raise NoLogo("the image moves")
        return 1 + int.from_bytes(octets[24:27], "little"), 1 + int.from_bytes(octets[27:30], "little")
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", octets, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", octets, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise NoLogo("the image is not PNG, JPEG or WebP")
