"""Whether a number can be a 사업자등록번호."""

from __future__ import annotations

import re
import unicodedata

_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_BETWEEN = re.compile(r"[\s-]")


def is_business_number(value: str) -> bool:
    """Whether `value` is ten digits of which the parts exist and the last one is right (REQ-17).

    The check digit alone would let 0000000000 pass: office numbers begin at 101, kinds and serials at 1.
    """
    if len(value) != 10 or not value.isascii() or not value.isdigit():
        return False
    if int(value[:3]) < 101 or value[3:5] == "00" or value[5:9] == "0000":
        return False
    digits = [int(character) for character in value]
    total = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) + digits[8] * 5 // 10
    return (10 - total % 10) % 10 == digits[9]


def typed_business_number(typed: str) -> str | None:
    """The ten digits somebody meant, hyphens, blanks and full-width digits taken; None where it cannot be one."""
    digits = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed))
    return digits if is_business_number(digits) else None
