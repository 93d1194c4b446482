"""The forms of a member's own pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import InputRequired

from idp.web import PageForm, Secret


class WithdrawForm(PageForm):
    """통합회원 탈퇴: proves who asks and that they read what it means (REQ-75, REQ-81)."""

    password = Secret(_l("비밀번호"), validators=[InputRequired(_l("비밀번호를 입력해 주세요."))])
    understood = BooleanField(
        _l("안내 사항을 모두 확인했으며, 탈퇴에 동의합니다."),
        validators=[InputRequired(_l("안내 사항을 확인한 뒤 선택해 주세요."))],
    )
