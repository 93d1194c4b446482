"""The forms of the verification pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired

from idp.web import OneLine, PageForm


class LineForm(PageForm):
    """The one line that a step asks for; the step names it."""

    code = OneLine("", limit=20, validators=[InputRequired(_l("인증번호를 입력해 주세요."))])


class SimulatorForm(PageForm):
    """Who is verified, and what happens."""

    holder = SelectField(_l("인증할 대상"))
    outcome = SelectField(_l("인증 결과"))
