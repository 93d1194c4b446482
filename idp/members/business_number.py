"""The check digit of a 사업자등록번호."""

from __future__ import annotations

_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def is_business_number(value: str) -> bool:
    """Whether `value` is ten digits whose last one is right (국세청 check digit; REQ-17)."""
    if len(value) != 10 or not value.isascii() or not value.isdigit():
        return False
    digits = [int(character) for character in value]
    total = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) + digits[8] * 5 // 10
    return (10 - total % 10) % 10 == digits[9]
