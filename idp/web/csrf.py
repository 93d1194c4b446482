"""Form protection: a signed token in the page, tied to a signed cookie in the browser. OWASP CSRF Prevention."""

from __future__ import annotations

from flask import Blueprint, Flask, request
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException

from idp.settings import Settings
from idp.web.errors import error_page
from idp.web.redirects import page_above

_protection = CSRFProtect()


class _FormCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, its signer made once: Flask makes one for every request, also for those of machines."""

    _signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer


def install(app: Flask, settings: Settings) -> None:
    """Refuse every post whose token is missing, too old or another browser's."""
    app.config.update(
        # `__Host-` keeps a neighbouring host of our domain from planting a cookie of its own (RFC 6265bis §4.1.3.2).
        SESSION_COOKIE_NAME="__Host-idp_form" if settings.secure else "idp_form",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # A page older than any session could not be answered anyway.
        WTF_CSRF_TIME_LIMIT=int(settings.sessions.absolute.total_seconds()),
        # The token is tied to a cookie no other site can set; the Referer adds nothing and some browsers omit it.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = _FormCookie()
    _protection.init_app(app)
    app.register_error_handler(CSRFError, _expired)


def exempt(blueprint: Blueprint) -> None:
    """Take machine endpoints out: they are called with credentials of their own, never with a browser's cookies."""
    _protection.exempt(blueprint)


def _expired(_error: HTTPException) -> ResponseReturnValue:
    return error_page(
        400,
        title=_("페이지가 만료되었습니다"),
        sentence=_(
            "페이지가 만료되었습니다. 오래 열어 두었거나, 다른 창에서 다시 시작했거나, 쿠키가 차단된 경우입니다."
        ),
        next_steps=[
            _("아래 버튼으로 페이지를 새로 연 다음 다시 시도해 주세요."),
            _("같은 화면이 반복되면 브라우저에서 이 사이트의 쿠키를 허용해 주세요."),
        ],
        way_on=page_above(request.path),
        way_on_label=_("페이지 새로 열기"),
    )
