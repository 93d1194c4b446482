"""The smallest images of each kind, and some that are none."""

from __future__ import annotations

import struct
import zlib


def png(width: int = 2, height: int = 3, *, more: bytes = b"") -> bytes:
    """A PNG; `more` is put before its pixels."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = _chunk(b"IDAT", zlib.compress((b"\0" + b"\x30\x60\x90" * width) * min(height, 8)))
    return b"\x89PNG\r\n\x1a\n" + header + more + pixels + _chunk(b"IEND", b"")


def moving_png() -> bytes:
    """An APNG."""
    return png(more=_chunk(b"acTL", struct.pack(">II", 2, 0)))


def jpeg(width: int = 2, height: int = 3) -> bytes:
    """The head of a JPEG, with what comes before its size in real ones."""
    jfif = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    tables = b"\xff\xdb" + struct.pack(">H", 67) + b"\0" * 65
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + jfif + tables + b"\xff" + frame + b"\xff\xda\0\2\xff\xd9"


def webp(kind: bytes = b"VP8X", width: int = 2, height: int = 3, flags: int = 0) -> bytes:
    """The head of a WebP of one of its three kinds."""
    if kind == b"VP8X":
        body = bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif kind == b"VP8L":
        body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    else:
        body = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return b"RIFF" + struct.pack("<I", len(body) + 12) + b"WEBP" + kind + struct.pack("<I", len(body)) + body


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
