"""The forms of the verification pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField, ValidationError
from wtforms.validators import InputRequired, Length

from idp.verification.providers.reading import birth_date, mobile, optional
from idp.web import OneLine, PageForm

SIGNED_LIMIT = 64 * 1024
"""Characters of one field of a signed answer; a CMS with its chain needs about nine thousand."""


class LineForm(PageForm):
    """The one line that a step asks for; the step names it."""

    code = OneLine("", limit=20, validators=[InputRequired(_l("인증번호를 입력해 주세요."))])


class SignedForm(PageForm):
    """What the browser signed, or what a page without our script posts: nothing. R is read here and kept nowhere."""

    cms = HiddenField(validators=[Length(max=SIGNED_LIMIT)])
    signature = HiddenField(validators=[Length(max=SIGNED_LIMIT)])
    certificate = HiddenField(validators=[Length(max=SIGNED_LIMIT)])
    r = HiddenField(validators=[Length(max=SIGNED_LIMIT)])


class DetailsForm(PageForm):
    """Whom an app shall ask."""

    brand = RadioField(_l("간편인증 앱"), validators=[InputRequired(_l("간편인증 앱을 골라 주세요."))])
    name = OneLine(_l("이름"), limit=100, validators=[InputRequired(_l("이름을 입력해 주세요."))])
    birth_date = OneLine(_l("생년월일"), limit=10, validators=[InputRequired(_l("생년월일을 입력해 주세요."))])
    phone = OneLine(_l("휴대전화 번호"), limit=20, validators=[InputRequired(_l("휴대전화 번호를 입력해 주세요."))])

    def validate_birth_date(self, field: OneLine) -> None:
        """A day that the calendar has."""
        if optional(birth_date, field.data) is None:
            raise ValidationError(_l("생년월일 8자리를 확인해 주세요. 예: 19900101"))

    def validate_phone(self, field: OneLine) -> None:
        """A number that can be a mobile one."""
        if optional(mobile, field.data) is None:
            raise ValidationError(_l("휴대전화 번호를 확인해 주세요. 예: 010-0000-0000"))


class SimulatorForm(PageForm):
    """Who is verified, and what happens."""

    holder = SelectField(_l("인증할 대상"))
    outcome = SelectField(_l("인증 결과"))
