"""ARIA with a 256-bit key, which neither `cryptography` nor Python has. RFC 5794.

Some Korean public providers encrypt results with it. It is slow and its tables are not safe from a neighbour who
measures the cache, which a result that is opened once, under a key that is not the caller's, does not call for.
"""

from __future__ import annotations

from functools import cache

from idp.errors import IdpError

BLOCK = 16
_ROUNDS = 16
_AFFINE = (
    (0xF1, 0xE3, 0xC7, 0x8F, 0x1F, 0x3E, 0x7C, 0xF8),
    0x63,
)
_CONSTANTS = (
    0x517CC1B727220A94FE13ABE8FA9A6EE0,
    0x6DB14ACC9E21C820FF28B1D5EF5DE2B0,
    0xDB92371D2126E9700324977504E8C90E,
)
_DIFFUSION = (
    (3, 4, 6, 8, 9, 13, 14), (2, 5, 7, 8, 9, 12, 15), (1, 4, 6, 10, 11, 12, 15), (0, 5, 7, 10, 11, 13, 14),
    (0, 2, 5, 8, 11, 14, 15), (1, 3, 4, 9, 10, 14, 15), (0, 2, 7, 9, 10, 12, 13), (1, 3, 6, 8, 11, 12, 13),
    (0, 1, 4, 7, 10, 13, 15), (0, 1, 5, 6, 11, 12, 14), (2, 3, 5, 6, 8, 13, 15), (2, 3, 4, 7, 9, 12, 14),
    (1, 2, 6, 7, 9, 11, 12), (0, 3, 6, 7, 8, 10, 13), (0, 3, 4, 5, 9, 11, 14), (1, 2, 4, 5, 8, 10, 15),
)  # fmt: skip


class AriaRefused(IdpError):
    """A key, an IV or a cipher text that cannot be one."""

    code = "aria_refused"


def cbc_opened(key: bytes, iv: bytes, octets: bytes) -> bytes:
    """The plain octets of CBC with PKCS #7 padding.

    Check a seal over `octets` first: what this says of the padding helps whoever may ask often (Vaudenay 2002).

    Raises:
        AriaRefused: key, IV, length or padding cannot be right.
    """
    if len(key) != 32 or len(iv) != BLOCK or not octets or len(octets) % BLOCK:
        raise AriaRefused("length")
    rounds = _decryption_keys(_encryption_keys(key))
    plain, before = bytearray(), int.from_bytes(iv, "big")
    for start in range(0, len(octets), BLOCK):
        block = int.from_bytes(octets[start : start + BLOCK], "big")
        plain += (_block(block, rounds) ^ before).to_bytes(BLOCK, "big")
        before = block
    padding = plain[-1]
    if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise AriaRefused("padding")
    return bytes(plain[:-padding])


def block_encrypted(key: bytes, block: bytes) -> bytes:
    """One block, as the vectors of RFC 5794 §A.3 have it."""
    if len(key) != 32 or len(block) != BLOCK:
        raise AriaRefused("length")
    return _block(int.from_bytes(block, "big"), _encryption_keys(key)).to_bytes(BLOCK, "big")


def _block(block: int, keys: list[int]) -> int:
    for number in range(_ROUNDS - 1):
        block = _round(block, keys[number], odd=number % 2 == 0)
    return _substituted(block ^ keys[_ROUNDS - 1], odd=False) ^ keys[_ROUNDS]


def _round(block: int, key: int, *, odd: bool) -> int:
    return _diffused(_substituted(block ^ key, odd=odd))


def _substituted(block: int, *, odd: bool) -> int:
    s1, s2, s3, s4 = _boxes()
    order = (s1, s2, s3, s4) if odd else (s3, s4, s1, s2)
    octets = block.to_bytes(BLOCK, "big")
    return int.from_bytes(bytes(order[place % 4][octet] for place, octet in enumerate(octets)), "big")


def _diffused(block: int) -> int:
    octets = block.to_bytes(BLOCK, "big")
    mixed = bytearray()
    for places in _DIFFUSION:
        mixed.append(0)
        for place in places:
            mixed[-1] ^= octets[place]
    return int.from_bytes(mixed, "big")


def _encryption_keys(key: bytes) -> list[int]:
    left, right = int.from_bytes(key[:16], "big"), int.from_bytes(key[16:], "big")
    c1, c2, c3 = _CONSTANTS[2], _CONSTANTS[0], _CONSTANTS[1]  # in the order for 256 bits
    w0 = left
    w1 = _round(w0, c1, odd=True) ^ right
    w2 = _round(w1, c2, odd=False) ^ w0
    w3 = _round(w2, c3, odd=True) ^ w1
    words = (w0, w1, w2, w3)
    keys = [
        words[number % 4] ^ _turned(words[(number + 1) % 4], turn) for turn in (19, 31, 67, 97) for number in range(4)
    ]
    return [*keys, w0 ^ _turned(w1, 109)]


def _decryption_keys(keys: list[int]) -> list[int]:
    return [keys[-1], *(_diffused(key) for key in reversed(keys[1:-1])), keys[0]]


def _turned(word: int, by: int) -> int:
    return (word >> by | word << (128 - by)) & (1 << 128) - 1


@cache
def _boxes() -> tuple[bytes, bytes, bytes, bytes]:
    """S1 is the AES box, S2 another affine map of x^247 in the same field, S3 and S4 are their inverses. §2.4.2."""
    s1 = bytes(_mapped(_power(value, 254), _AFFINE[0]) ^ _AFFINE[1] for value in range(256))
    rows = (0x7A, 0xBC, 0xEB, 0xB9, 0x34, 0x81, 0xBA, 0xCB)
    s2 = bytes(_mapped(_power(value, 247), rows) ^ 0xE2 for value in range(256))
    return s1, s2, _inverse(s1), _inverse(s2)


def _inverse(box: bytes) -> bytes:
    back = bytearray(256)
    for value, image in enumerate(box):
        back[image] = value
    return bytes(back)


def _mapped(value: int, rows: tuple[int, ...]) -> int:
    return sum((bin(row & value).count("1") & 1) << bit for bit, row in enumerate(rows))


def _power(value: int, exponent: int) -> int:
    result = 1
    for _ in range(exponent):
        result = _product(result, value)
    return result


def _product(a: int, b: int) -> int:
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product
