"""Refusing a member whom an operator has suspended."""

from __future__ import annotations

from idp.errors import Forbidden
from idp.web.source_words import N_


class AccountSuspended(Forbidden):
    """They have proven who they are, and may not come in. Whoever has not proven it never hears of it (REQ-39)."""

    code = "account_suspended"

    def __init__(self) -> None:
        super().__init__(
            "the member is suspended", public=N_("이용이 정지된 회원입니다. 자세한 내용은 관리자에게 문의해 주세요.")
        )
