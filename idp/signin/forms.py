"""The forms of the sign-in pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import InputRequired

from idp.web import OneLine, PageForm, Secret


class PasswordForm(PageForm):
    """일반 회원 로그인 (requirements §2-2)."""

    login_id = OneLine(_l("아이디"), limit=64, validators=[InputRequired(_l("아이디를 입력해 주세요."))])
    password = Secret(_l("비밀번호"), validators=[InputRequired(_l("비밀번호를 입력해 주세요."))])
    remember_login_id = BooleanField(_l("아이디 저장"))
