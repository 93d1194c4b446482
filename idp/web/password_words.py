"""Why a password cannot be set, in words that say how to mend it (KWCAG 2.2 §7.4.2)."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _


def password_rule() -> str:
    """The rule, as forms state it (REQ-23)."""
    rule: str = _("영문 대문자, 소문자, 숫자, 특수문자를 모두 포함하여 8자~20자 이내로 입력해 주세요.")
    return rule


def why_weak(reasons: Iterable[str]) -> str:
    """The rule and each reason, by the codes of `credentials.password_policy.Weakness`."""
    said = {
        "upper": _("영문 대문자가 없습니다."),
        "lower": _("영문 소문자가 없습니다."),
        "digit": _("숫자가 없습니다."),
        "special": _("특수문자가 없습니다."),
        "unprintable": _("보이지 않는 문자는 쓸 수 없습니다."),
        "contains_login_id": _("아이디가 들어 있는 비밀번호는 쓸 수 없습니다."),
        "contains_phone": _("전화번호가 들어 있는 비밀번호는 쓸 수 없습니다."),
        "contains_birth_date": _("생년월일이 들어 있는 비밀번호는 쓸 수 없습니다."),
        "common": _("많은 사람이 쓰는 비밀번호라 쉽게 알아낼 수 있습니다. 다른 비밀번호를 정해 주세요."),
    }
    return " ".join([password_rule(), *(said[reason] for reason in reasons if reason in said)])
