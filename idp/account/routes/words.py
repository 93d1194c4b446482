"""Sentences that several of the pages say."""

from __future__ import annotations

from flask_babel import gettext as _, pgettext

from idp.errors import TooManyAttempts
from idp.links.receipts import AgencyHeard, Heard
from idp.verification.offers import OFFERS


def minutes_left(refusal: TooManyAttempts) -> str:
    """That one must wait, and how long."""
    said: str = _("시도가 많아 잠시 제한되었습니다. %(minutes)s분 뒤에 다시 시도해 주세요.", minutes=refusal.minutes)
    return said


def method_word(code: str) -> str:
    """A way of signing in, as members know it."""
    if code == "password":
        word: str = _("비밀번호")
        return word
    own = {"passkey": _("패스키"), "totp": _("인증 앱"), "recovery_code": _("복구 코드")}
    if code in own:
        return str(own[code])
    label: str = next((_(offer.label) for offer in OFFERS if offer.code == code), "-")
    return label


def heard_words(agency: AgencyHeard) -> tuple[str, str]:
    """How far the news has come at an agency, in a word, and the badge it stands on (Account events §3.7)."""
    words = {
        Heard.NOT_TOLD: (_("알림 대상 아님"), "bg-light-gray"),
        Heard.WAITING: (_("통지 대기"), "bg-light-warning"),
        Heard.TOLD: (_("통지됨"), "bg-light-information"),
        Heard.CONFIRMED: (pgettext("receipt", "확인됨"), "bg-light-success"),
    }
    return words[agency.heard]
