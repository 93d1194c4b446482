"""Whose page a form was on. A second tab may sign somebody else in; a button of the first one must then do nothing to
them.

Every page of a member's own says in its forms whom it was made for. It is no protection against an attacker, whom the
form token keeps out: it keeps people from acting on an account they do not see.
"""

from __future__ import annotations

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.crypto.digests import same, secret_digest
from idp.signin.visitor import Visitor
from idp.web.errors import error_page

FIELD = "whose_page"
_ANYBODYS = frozenset({"account.leave", "account.extend", "account.unlink"})
"""Signing out, and staying signed in, are about the browser; 연결 중단 asks the other member its own question."""


def made_for(visitor: Visitor) -> None:
    """From here on the forms of this answer name `visitor`; the macro `csrf` writes it."""
    g.whose_page = _name(visitor)


def refused(visitor: Visitor | None) -> ResponseReturnValue | None:
    """The page that says that the member changed, where what was posted names another member's page, or none."""
    if visitor is None or request.endpoint in _ANYBODYS or same(request.form.get(FIELD, ""), _name(visitor)):
        return None
    return error_page(
        409,
        title=_("로그인한 회원이 바뀌었습니다"),
        sentence=_("다른 창에서 다른 회원으로 로그인하여 이 요청을 처리하지 않았습니다."),
        next_steps=[_("나의 정보에서 지금 로그인한 회원을 확인한 뒤 다시 진행해 주세요.")],
        way_on="/account/",
        way_on_label=_("나의 정보"),
    )


def _name(visitor: Visitor) -> str:
    return secret_digest(f"shown to {visitor.session.member_id}")[:22]
