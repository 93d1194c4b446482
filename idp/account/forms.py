"""The forms of a member's own pages."""

from __future__ import annotations

import unicodedata

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, ValidationError
from wtforms.validators import DataRequired, InputRequired

from idp.web import OneLine, PageForm, Secret


class EnterpriseWithdrawForm(PageForm):
    """통합회원 탈퇴 of a member who has signed in lately: that they read what it means (REQ-75)."""

    understood = BooleanField(
        _l("안내 사항을 모두 확인했으며, 탈퇴에 동의합니다."),
        validators=[InputRequired(_l("안내 사항을 확인한 뒤 선택해 주세요."))],
    )

    keep_subjects = BooleanField(
        _l("다시 가입할 때 유관기관이 예전 이용 이력을 이을 수 있도록 식별 정보를 남기는 데 동의합니다. (선택)")
    )


class WithdrawForm(EnterpriseWithdrawForm):
    """통합회원 탈퇴: proves who asks as well (REQ-81)."""

    password = Secret(_l("비밀번호"), validators=[InputRequired(_l("비밀번호를 입력해 주세요."))])


class _Name(OneLine):
    """A line without marks that turn or hide letters: what is shown must be what was typed."""

    def pre_validate(self, form: Form) -> None:
        super().pre_validate(form)
        if any(unicodedata.category(letter)[0] == "C" for letter in self.data or ""):
            raise ValidationError(_l("사용할 수 없는 문자가 들어 있습니다."))


class CertificateNameForm(PageForm):
    """What a certificate is called."""

    name = _Name(_l("인증서 이름"), limit=40, validators=[DataRequired(_l("인증서 이름을 입력해 주세요."))])


class PasskeyNameForm(PageForm):
    """What a passkey is called."""

    name = _Name(_l("패스키 이름"), limit=40, validators=[DataRequired(_l("패스키 이름을 입력해 주세요."))])


class CertificateRemovalForm(PageForm):
    """Letting go of the last one an enterprise can sign in with."""

    understood = BooleanField(_l("이 인증서를 삭제하면 기업 회원 로그인을 할 수 없다는 것을 확인했습니다."))
