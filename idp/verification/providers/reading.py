"""What a provider's octets are made into: bounded, typed values, or one failure. Pure.

Everything here meets foreign bytes first, so nothing but `ProviderFailed` ever comes out of it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from idp.members.business_number import typed_business_number
from idp.members.phone_number import is_mobile, national
from idp.verification.failures import ProviderFailed

Value = TypeVar("Value")

_LONGEST = 64 * 1024
_NAME = 100
_CI_OCTETS, _DI_LENGTH = 64, 64
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})\Z")
_GENDERS = {
    **dict.fromkeys(("1", "m", "male", "남", "남자"), "male"),
    **dict.fromkeys(("0", "2", "f", "female", "여", "여자"), "female"),
}
_MILLISECONDS = 10**11
"""A count of seconds beyond this would be the year 5138; providers that count milliseconds are always above it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A JSON object that a provider sent."""

    values: Mapping[str, Any] = field(repr=False)

    def text(self, name: str, longest: int = _LONGEST) -> str:
        """A string that must be there; `a.b` looks inside. Numbers count, because providers are not of one mind."""
        found = self.maybe(name, longest)
        if found is None:
            raise ProviderFailed(f"{name} missing")
        return found

    def maybe(self, name: str, longest: int = _LONGEST) -> str | None:
        """A string, or None where there is none."""
        found = self._at(name)
        if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**18:
            found = str(found)
        if found is None or found == "":
            return None
        if not isinstance(found, str) or len(found) > longest or not _storable(found):
            raise ProviderFailed(f"{name} unusable")
        return found

    def whole(self, name: str, most: int) -> int:
        """A whole number from 0 to `most`."""
        text = self.text(name, 20)
        if not (text.isascii() and text.isdigit()) or int(text) > most:
            raise ProviderFailed(f"{name} unusable")
        return int(text)

    def instant(self, name: str) -> datetime:
        """An instant: seconds or milliseconds since 1970, `20261125193012` in Korea's time, or ISO 8601."""
        return instant(self.text(name, 40), name)

    def _at(self, name: str) -> Any:
        found: Any = self.values
        for part in name.split("."):
            if not isinstance(found, dict):
                return None
            found = found.get(part)
        return found


def json_object(octets: bytes | str) -> Said:
    """The JSON object in `octets`."""
    try:
        values = json.loads(octets)
    except (ValueError, RecursionError) as error:
        raise ProviderFailed("not JSON") from error
    if not isinstance(values, dict):
        raise ProviderFailed("not a JSON object")
    return Said(values)


def base64_octets(text: str, name: str) -> bytes:
    """The octets of Base64 or base64url, padded or not."""
    try:
        standard = text.strip().replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProviderFailed(f"{name} is not Base64") from error


def instant(text: str, name: str) -> datetime:
    """See `Said.instant`."""
    try:
        if len(text) == 14 and text.isascii() and text.isdigit():
            return datetime.strptime(f"{text}+0900", "%Y%m%d%H%M%S%z").astimezone(UTC)
        if text.isascii() and text.isdigit():
            count = int(text)
            return datetime.fromtimestamp(count / 1000 if count > _MILLISECONDS else count, UTC)
        parsed = datetime.fromisoformat(text)
        if parsed.tzinfo is None:
            raise ProviderFailed(f"{name} has no offset")
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ProviderFailed(f"{name} is no instant") from error


def person_name(text: str) -> str:
    """A person's name, or a company's: composed (NFC), one line."""
    if len(text) > 4 * _NAME:
        # Composing takes time by the square of a row of combining marks; no letter is of more than four signs.
        raise ProviderFailed("name unusable")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > _NAME or not name.isprintable():
        raise ProviderFailed("name unusable")
    return name


def birth_date(text: str) -> date:
    """`19900101` or `1990-01-01`."""
    found = _DAY.match(text.strip())
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else _no_day()
    except ValueError:
        return _no_day()


def gender(text: str | None) -> str | None:
    """`male` or `female`; None for whatever else a provider says."""
    return _GENDERS.get((text or "").strip().lower())


def mobile(text: str | None) -> str | None:
    """The digits of a mobile number; None where there is none."""
    digits = national(text) if text else None
    if text and (digits is None or not is_mobile(digits)):
        raise ProviderFailed("phone unusable")
    return digits


def ci(text: str | None) -> str | None:
    """연계정보: 64 octets in the 88 characters of their Base64."""
    if text is None:
        return None
    if len(text) != 88 or len(base64_octets(text, "ci")) != _CI_OCTETS:
        raise ProviderFailed("ci unusable")
    return text


def di(text: str | None) -> str | None:
    """중복가입확인정보: 64 characters."""
    if text is not None and (len(text) != _DI_LENGTH or not text.isascii() or not text.isprintable()):
        raise ProviderFailed("di unusable")
    return text


def business_number(text: str) -> str:
    """사업자등록번호: ten digits."""
    digits = typed_business_number(text)
    if digits is None:
        raise ProviderFailed("business number unusable")
    return digits


def optional(read: Callable[[str], Value], text: str | None) -> Value | None:
    """The value, or None where there is no usable one: for what a provider may well not know."""
    try:
        return None if text is None else read(text)
    except ProviderFailed:
        return None


def _storable(text: str) -> bool:
    # A lone surrogate passes JSON and breaks whatever encodes it later; NUL no database keeps.
    return not any(unicodedata.category(letter) == "Cs" or letter == "\x00" for letter in text)


def _no_day() -> date:
    raise ProviderFailed("birth date unusable")
