"""What pages say of a fault: each sentence tells how to mend it (KWCAG 2.2 §7.4.2)."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from idp.credentials.password_policy import Weakness
from idp.enrolment.details import Fault
from idp.web.password_words import why_weak


def sentence(field: str, fault: Fault, weaknesses: Iterable[Weakness] = ()) -> str:
    """What is wrong with `field`, and what to type instead."""
    if fault is Fault.MISSING:
        return _missing(field)
    if fault is Fault.WEAK:
        return why_weak(weaknesses)
    said: dict[Fault, str] = {
        Fault.NOT_A_LOGIN_ID: _("5~20자의 영문 소문자, 숫자와 특수기호(_ .)만 사용해 주세요."),
        Fault.NOT_CHECKED: _("[중복확인]을 눌러 사용할 수 있는 아이디인지 확인해 주세요."),
        Fault.DIFFERENT: _("비밀번호가 서로 다릅니다. 같은 비밀번호를 다시 한번 입력해 주세요."),
        Fault.NOT_A_MOBILE: _("휴대전화번호를 확인해 주세요. 예) 010-1234-1234"),
        Fault.NOT_A_LANDLINE: _("전화번호를 지역번호부터 확인해 주세요. 예) 02-123-4567"),
        Fault.NOT_AN_EMAIL: _("이메일 주소를 확인해 주세요. 예) honggildong@example.com"),
        Fault.NOT_A_DAY: _("실제로 있는 날짜를 YYYY-MM-DD 형식으로 입력해 주세요. 예) 1990-01-01"),
        Fault.IN_THE_FUTURE: _("설립일은 오늘이거나 오늘보다 이전이어야 합니다."),
        Fault.UNUSABLE: _("이모지나 보이지 않는 문자를 빼고 글자, 숫자, 문장부호로 입력해 주세요."),
        Fault.TOO_LONG: _("100자 이내로 줄여 입력해 주세요."),
    }
    return said[fault]


def _missing(field: str) -> str:
    asked: dict[str, str] = {
        "login_id": _("아이디를 입력해 주세요."),
        "password": _("비밀번호를 입력해 주세요."),
        "password_again": _("비밀번호를 다시 한번 입력해 주세요."),
        "phone": _("휴대전화번호를 입력해 주세요."),
        "email": _("이메일 아이디와 도메인을 모두 입력해 주세요."),
        "company_name": _("회사명을 입력해 주세요."),
        "representative_name": _("대표자명을 입력해 주세요."),
        "founded_on": _("설립일을 YYYY-MM-DD 형식으로 입력해 주세요."),
        "business_number": _("사업자등록번호가 입력되지 않았습니다. 기업인증 단계에서 입력해 주세요."),
    }
    return asked[field]
