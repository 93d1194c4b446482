"""Six digits that are sent to a phone and typed back: made, asked for, read."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from idp.randomness import Randomness
from idp.verification.method import Form
from idp.web.source_words import N_

WRONG = N_("인증번호가 일치하지 않습니다. 다시 확인해 주세요.")


def new_code(randomness: Randomness) -> str:
    """One of a million."""
    return f"{int.from_bytes(randomness.octets(8), 'big') % 1_000_000:06d}"


def typed_code(answer: Mapping[str, str]) -> str:
    """What the member typed, full-width digits and blanks around them forgiven."""
    return unicodedata.normalize("NFKC", answer.get("code", "")).strip()


def code_form(error: str = "", *, again: bool = False) -> Form:
    """The page that asks for it."""
    return Form(
        heading=N_("인증번호를 입력해 주세요"),
        label=N_("인증번호"),
        instruction=N_("휴대전화로 받은 인증번호 6자리를 입력해 주세요."),
        error=error,
        again=again,
    )
