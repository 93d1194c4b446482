"""E-mail addresses as people type them."""

from __future__ import annotations

import re
import unicodedata

DOMAINS = ("naver.com", "gmail.com", "daum.net", "hanmail.net", "kakao.com", "nate.com")
"""What the form offers beside 직접입력."""
LONGEST = 254

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")


def email_address(local: str, domain: str) -> str | None:
    """The address of two typed parts, its domain in lower case; None where it cannot be one.

    Narrower than RFC 5321 §4.1.2 allows: quoted local parts and address literals are typing errors on this form.
    Full-width letters count as their plain ones, as Korean input methods make them.
    """
    local = unicodedata.normalize("NFKC", local).strip()
    domain = unicodedata.normalize("NFKC", domain).strip().lower()
    if not local.isascii() or not domain.isascii():
        return None
    address = f"{local}@{domain}"
    fits = len(local) <= 64 and len(address) <= LONGEST
    return address if fits and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain) else None
