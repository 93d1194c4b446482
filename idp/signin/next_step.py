"""What comes next in a sign-in. Pure: everything it weighs is handed in, and pages do not know each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.links.state import LinkState
from idp.links.store import Standing
from idp.sessions.session import Session
from idp.signin.outcome import Reason
from idp.signin.request import SignInRequest


class Page(StrEnum):
    """The pages a sign-in may show."""

    IDENTIFY = "identify"
    """Prove who you are: by password or, for an enterprise, by certificate."""
    TERMS = "terms"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Progress:
    """What has happened since the question was asked."""

    started_at: datetime
    consented: bool = False
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Show this page."""

    page: Page


@dataclass(frozen=True, slots=True)
class Conclude:
    """Answer: with a refusal, or, where `refusal` is None, with the session at hand."""

    refusal: Reason | None = None


Next = Ask | Conclude

_WITHOUT_PAGES = {
    Page.IDENTIFY: Reason.LOGIN_REQUIRED,
    Page.TERMS: Reason.INTERACTION_REQUIRED,
    Page.CONSENT: Reason.CONSENT_REQUIRED,
}


def next_step(
    request: SignInRequest,
    progress: Progress,
    session: Session | None,
    standing: Standing | None,
    now: datetime,
    edition: int = 0,
) -> Next:
    """The page to show, or the answer; `edition` is that of the terms in force (REQ-13).

    Without interaction a page becomes the refusal that names it (OpenID Connect Core §3.1.2.6).
    """
    if progress.declined:
        return Conclude(Reason.DENIED)
    if session is None or standing is None or not _alive(session, standing) or _stale(request, progress, session, now):
        return _ask(request, Page.IDENTIFY)
    if standing.terms_edition < edition:
        return _ask(request, Page.TERMS)
    if request.relying_party_id is None:
        return Conclude()
    return _toward_relying_party(request, progress, session, standing)


def _toward_relying_party(request: SignInRequest, progress: Progress, session: Session, standing: Standing) -> Next:
    link = standing.link
    if request.expected_subject is not None and (link is None or link.subject != request.expected_subject):
        # Somebody else is here. Asked once; who signs in as somebody else again has answered.
        return Conclude(Reason.LOGIN_REQUIRED) if _fresh(progress, session) else _ask(request, Page.IDENTIFY)
    if link is not None and link.state is LinkState.SUSPENDED:
        return Conclude(Reason.SUSPENDED)
    agreed = link is not None and link.state is LinkState.LINKED and request.scopes <= standing.consented
    if not agreed or (request.must_consent and not progress.consented):
        return _ask(request, Page.CONSENT)
    return Conclude()


def _ask(request: SignInRequest, page: Page) -> Next:
    return Ask(page) if request.may_interact else Conclude(_WITHOUT_PAGES[page])


def _alive(session: Session, standing: Standing) -> bool:
    return standing.member_active and standing.session_epoch == session.member_epoch


def _fresh(progress: Progress, session: Session) -> bool:
    return session.authenticated_at >= progress.started_at


def _stale(request: SignInRequest, progress: Progress, session: Session, now: datetime) -> bool:
    """Whether the member must prove again who they are. A sign-in that came after the question always counts, so
    that `max_age=0` is not asked forever (OpenID Connect Core §3.1.2.1)."""
    if _fresh(progress, session):
        return False
    if request.must_reauthenticate:
        return True
    return request.max_age is not None and now - session.authenticated_at > timedelta(seconds=request.max_age)
