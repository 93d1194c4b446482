"""Personal data as a page may show it: enough for its owner to recognise, too little for anybody else to use."""

from __future__ import annotations

import ipaddress
import re

_NOT_A_DIGIT = re.compile(r"\D")


def mask_name(name: str) -> str:
    """홍길동 → 홍*동, 김수 → 김*; a single letter has nothing left to keep and is hidden."""
    name = name.strip()
    if len(name) < 3:
        return name[:1] + "*" if len(name) == 2 else "*" * len(name)
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_login_id(login_id: str) -> str:
    """petest02 → pe****02; what is shorter than an 아이디 may be keeps its first letter only."""
    if len(login_id) < 5:
        return login_id[:1] + "*" * (len(login_id) - 1)
    return login_id[:2] + "*" * (len(login_id) - 4) + login_id[-2:]


def mask_phone(phone: str) -> str:
    """010-1234-5678 → 010-****-5678; takes E.164 too. What is no Korean number is hidden whole."""
    digits = _NOT_A_DIGIT.sub("", phone)
    if phone.lstrip().startswith("+82"):
        digits = "0" + digits[2:].removeprefix("0")
    area = 2 if digits.startswith("02") else 3
    if len(digits) < 9:
        return "*" * len(digits)
    return f"{digits[:area]}-{'*' * (len(digits) - area - 4)}-{digits[-4:]}"


def mask_email(email: str) -> str:
    """test@test.com → te**@test.com; a short local part keeps one letter. What is no address is hidden whole."""
    local, at, domain = email.rpartition("@")
    if not at or not local:
        return "*" * len(email)
    kept = 2 if len(local) > 2 else 1
    return f"{local[:kept]}{'*' * max(len(local) - kept, 2)}@{domain}"


def mask_address(address: str | None) -> str:
    """203.0.113.10 → 203.0.***.10, 2001:db8:1:2::1 → 2001:db8:****; what is no address is hidden whole."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "-"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            first, second, *_rest = parsed.exploded.split(":")
            return f"{int(first, 16):x}:{int(second, 16):x}:****"
        parsed = parsed.ipv4_mapped
    first, second, _third, fourth = str(parsed).split(".")
    return f"{first}.{second}.***.{fourth}"
