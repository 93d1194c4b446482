"""Korean telephone numbers: one spelling to keep, one to show, and which of them can exist."""

from __future__ import annotations

import re
import unicodedata

MOBILE_PREFIXES = ("010", "011", "016", "017", "018", "019")
"""What a form offers for 휴대전화; 010 is what has been given out since 2004."""
AREA_CODES = (
    *("02", "031", "032", "033", "041", "042", "043", "044", "051", "052", "053", "054", "055"),
    *("061", "062", "063", "064", "070"),
)
"""What a form offers for 유선번호 and 대표 전화번호."""

_MOBILE = re.compile(r"01(?:0\d{8}|[16789]\d{7,8})")
_LANDLINE = re.compile(
    r"02\d{7,8}|0(?:3[1-3]|4[1-4]|5[1-5]|6[1-4])\d{7,8}|070\d{8}|050\d{8,9}|1[568]\d{6}",
)
_PUNCTUATION = re.compile(r"[\s().-]")
_DIGITS = re.compile(r"[0-9]{8,12}")


def national(typed: str) -> str | None:
    """The digits of a number however it was typed: `+82 10-1234-5678` → `01012345678`; None where there is no number.

    Full-width digits count, as Korean input methods make them.
    """
    text = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", typed))
    if text.startswith("+82"):
        text = "0" + text[3:].removeprefix("0")
    return text if _DIGITS.fullmatch(text) else None


def is_mobile(digits: str) -> bool:
    """Whether these digits can be a mobile number."""
    return digits.isascii() and _MOBILE.fullmatch(digits) is not None


def is_landline(digits: str) -> bool:
    """Whether these digits can be a fixed, internet, personal (050) or 대표 (15xx, 16xx, 18xx) number."""
    return digits.isascii() and _LANDLINE.fullmatch(digits) is not None


def hyphenated(digits: str) -> str:
    """`01012345678` → `010-1234-5678`, as people write it."""
    if len(digits) == 8:
        return f"{digits[:4]}-{digits[4:]}"
    area = 2 if digits.startswith("02") else 4 if digits.startswith("050") else 3
    return f"{digits[:area]}-{digits[area:-4]}-{digits[-4:]}"
