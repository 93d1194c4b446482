"""The forms of the verification pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField
from wtforms.validators import InputRequired, Length

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


class SimulatorForm(PageForm):
    """Who is verified, and what happens."""

    holder = SelectField(_l("인증할 대상"))
    outcome = SelectField(_l("인증 결과"))
