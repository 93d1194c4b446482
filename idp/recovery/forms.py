"""The forms of the recovery pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from idp.web import OneLine, PageForm, Secret


class LoginIdForm(PageForm):
    """Whose password is to be set anew."""

    login_id = OneLine(_l("아이디"), limit=64, validators=[InputRequired(_l("아이디를 입력해 주세요."))])


class NewPasswordForm(PageForm):
    """A new password, twice."""

    password = Secret(_l("새 비밀번호"), validators=[InputRequired(_l("비밀번호를 입력해 주세요."))])
    password_again = Secret(
        _l("새 비밀번호 확인"), validators=[InputRequired(_l("비밀번호를 다시 한번 입력해 주세요."))]
    )
