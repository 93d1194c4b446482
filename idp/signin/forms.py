"""The forms of the sign-in pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, RadioField, ValidationError
from wtforms.validators import InputRequired

from idp.members.business_number import typed_business_number
from idp.web import OneLine, PageForm, Secret


class PasswordForm(PageForm):
    """일반 회원 로그인 (requirements §2-2)."""

    login_id = OneLine(_l("아이디"), limit=64, validators=[InputRequired(_l("아이디를 입력해 주세요."))])
    password = Secret(_l("비밀번호"), validators=[InputRequired(_l("비밀번호를 입력해 주세요."))])
    remember_login_id = BooleanField(_l("아이디 저장"))


class RegisterCertificateForm(PageForm):
    """What shows, beside the certificate itself, that it may be registered for the enterprise."""

    login_id = OneLine(_l("아이디"), limit=64, validators=[InputRequired(_l("아이디를 입력해 주세요."))])
    password = Secret(_l("비밀번호"), validators=[InputRequired(_l("비밀번호를 입력해 주세요."))])


class BusinessNumber(OneLine):
    """A 사업자등록번호, brought to its ten digits."""

    def pre_validate(self, form: Form) -> None:
        super().pre_validate(form)
        digits = typed_business_number(self.data or "")
        if self.data and digits is None:
            raise ValidationError(_l("사업자등록번호 10자리를 다시 확인해 주세요."))
        self.data = digits or self.data


class EnterpriseForm(PageForm):
    """기업 회원 로그인 (requirements §2-3)."""

    business_number = BusinessNumber(
        _l("사업자등록번호"), limit=40, validators=[InputRequired(_l("사업자등록번호를 입력해 주세요."))]
    )
    method = RadioField(validators=[InputRequired()], choices=[])
