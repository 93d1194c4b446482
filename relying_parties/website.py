"""The pages every sample party has: who is signed in, what we believe of the link, which events came."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from relying_parties.published_keys import KeysUnavailable, PublishedKeys, ssf_configuration
from relying_parties.records import Records
from relying_parties.security_event import SecurityEvent
from relying_parties.security_events import LONGEST_BODY, Rejected, SecurityEventReceiver
from relying_parties.session_clock import add_session_clock, remaining
from relying_parties.settings import Settings
from relying_parties.site import Site

UNREACHABLE = "통합로그인 서버에 연결할 수 없습니다. 잠시 뒤 다시 시도해 주세요."
NOT_COMPLETED = "통합로그인을 마치지 못했습니다. 처음부터 다시 시도해 주세요."
LINK_ENDED = "계정 연결이 중단되어 로그인할 수 없습니다. 통합로그인에서 다시 연결해 주세요."
MEMBER_DISABLED = "통합회원 이용이 정지되어 로그인할 수 없습니다. 이 사이트의 계정은 그대로 있습니다."
FRONT_CHANNEL = "/oidc/frontchannel-logout"
"""The one address that the provider's pages may frame."""
_KOREA = timezone(timedelta(hours=9))
_PAGE = 10
# These are posted to by other servers or through the browser by the identity provider; each proves itself otherwise.
_POSTED_FROM_ELSEWHERE = ("/events", "/oidc/backchannel-logout", "/saml/acs")


def open_site(
    settings: Settings,
    *,
    legacy_login: str = "",
    my_page: str = "",
    receiver_keys: PublishedKeys | None = None,
    own_state: Callable[[], dict[str, Any]] = dict,
    applied: Callable[[sqlite3.Connection, SecurityEvent], None] | None = None,
    records: Records | None = None,
) -> Site:
    """The application with its common routes; the caller adds how it signs members in.

    `legacy_login` and `my_page` are the paths of the party's own pages of that kind, `own_state` adds to `/state` and
    to the home page, `applied` is told of events that had an effect.
    """
    records = records or Records(settings.database_path, session_seconds=settings.session_seconds)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=records.secret("cookie"),
        # Cookies ignore ports: with one name for all, each party on this host would overwrite the others'.
        SESSION_COOKIE_NAME=f"{settings.name}_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        MAX_CONTENT_LENGTH=512 * 1024,
    )
    site = Site(app, settings, records)
    keys = receiver_keys or PublishedKeys(ssf_configuration(settings.issuer), settings.issuer)
    receiver = SecurityEventReceiver(
        settings.issuer,
        settings.audience,
        settings.events_authorization,
        settings.link_changed,
        keys,
        records,
        applied,
    )
    app.jinja_env.filters["korean_time"] = _korean_time
    app.context_processor(
        lambda: {
            "settings": settings,
            "legacy_login": legacy_login,
            "my_page": my_page,
            "session_row": site.session(),
            "clock": remaining(site),
        }
    )
    app.before_request(lambda: _refuse_foreign_form(settings))
    app.after_request(lambda response: _guard(response, settings))
    app.register_error_handler(HTTPException, lambda error: _problem(site, error))
    add_session_clock(site)
    _add_pages(site, own_state)
    _add_event_endpoint(app, receiver)
    return site


def _add_pages(site: Site, own_state: Callable[[], dict[str, Any]]) -> None:
    records = site.records

    def home() -> ResponseReturnValue:
        page = _page_number()
        row = site.session()
        integrated = row is not None and row["origin"] == "integrated"
        counts = records.event_counts()
        return render_template(
            "home.html",
            link=records.link(row["issuer"], row["subject"]) if row is not None and integrated else None,
            disabled=row is not None and integrated and records.is_disabled(row["issuer"], row["subject"]),
            account=records.account(row["issuer"], row["subject"]) if row is not None and integrated else None,
            events=records.events(page=page, size=_PAGE),
            counts=counts,
            page=page,
            pages=max(1, -(-counts["received"] // _PAGE)),
            own=own_state(),
        )

    def state() -> ResponseReturnValue:
        """The same as JSON, for tests. A real site would not show this to everybody."""
        row = site.session()
        page = _page_number()
        signed_in = None
        if row is not None:
            shown = ("origin", "protocol", "issuer", "source", "subject", "name", "ended_because")
            signed_in = {name: row[name] for name in shown} | {"active": row["ended_at"] is None}
        return jsonify(
            party=site.settings.name,
            session=signed_in,
            links=[dict(link) for link in records.links()],
            counts=records.event_counts(),
            events=[dict(event) for event in records.events(page=page, size=100)],
            **own_state(),
        )

    site.app.add_url_rule("/", "home", home)
    site.app.add_url_rule("/state", "state", state)
    site.app.add_url_rule("/healthz", "healthz", lambda: {"status": "ok"})


def _page_number() -> int:
    return min(max(1, request.args.get("page", 1, type=int)), 1_000_000)


def _add_event_endpoint(app: Flask, receiver: SecurityEventReceiver) -> None:
    def events() -> ResponseReturnValue:
        request.max_content_length = LONGEST_BODY
        try:
            body = request.get_data(cache=False)
            receiver(request.headers.get("Authorization", ""), request.headers.get("Content-Type", ""), body)
        except RequestEntityTooLarge:
            return _rejection(Rejected("invalid_request", "body too long"))
        except Rejected as rejected:
            return _rejection(rejected)
        except KeysUnavailable:
            return "", 503, {"Retry-After": "10"}
        return "", 202

    app.add_url_rule("/events", "events", events, methods=["POST"])


def _rejection(rejected: Rejected) -> ResponseReturnValue:
    """RFC 8935 §2.3."""
    return {"err": rejected.err, "description": rejected.description}, 400, {"Content-Language": "en"}


def _refuse_foreign_form(settings: Settings) -> ResponseReturnValue | None:
    """Another site's page may make a browser post here; the browser then says so itself."""
    if request.method == "POST" and request.path not in _POSTED_FROM_ELSEWHERE:
        origin = request.headers.get("Origin")
        if origin is not None and origin != settings.url:
            abort(403)
    return None


def _guard(response: Response, settings: Settings) -> Response:
    """A page may use our own files and send forms to us or, by our redirect, to the identity provider."""
    parts = urlsplit(settings.issuer)
    provider = f"{parts.scheme}://{parts.netloc}"
    framed_by = provider if request.path == FRONT_CHANNEL else "'none'"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
        f"frame-ancestors {framed_by}; form-action 'self' {provider}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _problem(site: Site, error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    words = {
        403: "다른 사이트에서 보낸 요청은 받지 않습니다. 이 사이트의 화면에서 다시 시도해 주세요.",
        404: "요청하신 화면이 없습니다.",
        405: "이 주소는 그렇게 열 수 없습니다.",
        413: "보낸 내용이 너무 큽니다.",
        500: "처리하지 못했습니다. 잠시 뒤 다시 시도해 주세요.",
    }
    return site.trouble(words.get(status, "요청을 처리할 수 없습니다."), status)


def _korean_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(_KOREA).strftime("%Y-%m-%d %H:%M:%S")


def go_home() -> ResponseReturnValue:
    """Back to the first page, as a plain GET."""
    return redirect("/", 303)
