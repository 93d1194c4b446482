"""What comes next in a sign-in. Pure: everything it weighs is handed in, and pages do not know each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.links.state import LinkState
from idp.links.store import Standing
from idp.sessions.assurance import Assurance, assurance
from idp.sessions.session import Session
from idp.signin.level import NO_MEANS, Means, lacking, suffices
from idp.signin.outcome import Reason
from idp.signin.request import SignInRequest


class Page(StrEnum):
    """The pages a sign-in may show."""

    IDENTIFY = "identify"
    """Prove who you are: by password or passkey or, for an enterprise, by certificate."""
    SECOND_STEP = "second_step"
    """Prove it a second way that is registered: by a code or a passkey."""
    STEP_UP = "step_up"
    """Prove it by a verification: by certificate, or by an identification service."""
    LEAVING = "leaving"
    """Say that one stays after all: who is leaving may do nothing else."""
    TERMS = "terms"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Progress:
    """What has happened since the question was asked."""

    started_at: datetime
    consented: bool = False
    declined: bool = False
    skipped: bool = False
    """They would not prove more than they had."""
    by: str = ""
    """The member who consented: whoever signs in between has not."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Show this page; `level` is the one it must reach, where a level is what it is about."""

    page: Page
    level: int = 0


@dataclass(frozen=True, slots=True)
class Conclude:
    """Answer: with a refusal, or, where `refusal` is None, with the session at hand."""

    refusal: Reason | None = None


Next = Ask | Conclude

_WITHOUT_PAGES = {
    Page.IDENTIFY: Reason.LOGIN_REQUIRED,
    Page.SECOND_STEP: Reason.LOGIN_REQUIRED,
    Page.STEP_UP: Reason.LOGIN_REQUIRED,
    Page.LEAVING: Reason.INTERACTION_REQUIRED,
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
    means: Means = NO_MEANS,
) -> Next:
    """The page to show, or the answer; `edition` is that of the terms in force (REQ-13), `means` what the member could
    prove beyond what they have.

    Without interaction a page becomes the refusal that names it (OpenID Connect Core §3.1.2.6).
    """
    if progress.declined:
        return Conclude(Reason.DENIED)
    reached = None
    if session is not None and standing is not None and _alive(session, standing):
        reached = assurance(session.authentications, counted_from(request, progress, now))
    if session is None or standing is None or reached is None:
        return _ask(request, Page.IDENTIFY)
    if session.awaits_second_step:
        return _ask(request, Page.SECOND_STEP, 2)
    if standing.leaves_at is not None or standing.terms_edition < edition:
        return _ask(request, Page.LEAVING if standing.leaves_at is not None else Page.TERMS)
    if request.relying_party_id is None:
        return _at_level(request, progress, reached, means) or Conclude()
    before_consent = _before_consent(request, progress, session, standing)
    if before_consent is None:
        before_consent = _at_level(request, progress, reached, means)
    return before_consent or _consented(request, progress, session, standing)


def _before_consent(request: SignInRequest, progress: Progress, session: Session, standing: Standing) -> Next | None:
    link = standing.link
    if request.expected_subject is not None and (link is None or link.subject != request.expected_subject):
        # Somebody else is here. Asked once; who signs in as somebody else again has answered.
        return Conclude(Reason.LOGIN_REQUIRED) if _fresh(progress, session) else _ask(request, Page.IDENTIFY)
    if link is not None and link.state is LinkState.SUSPENDED:
        return Conclude(Reason.SUSPENDED)
    return None


def _at_level(request: SignInRequest, progress: Progress, reached: Assurance, means: Means) -> Next | None:
    """The page for the level that is wanted and lacking. Asked once: who passes it by is answered with what there is,
    or, where that is not enough, refused (OpenID Connect Core §5.5.1.1)."""
    level = lacking(request, reached, means)
    enough = suffices(request, reached)
    if level is None or progress.skipped:
        return None if enough else Conclude(Reason.UNMET)
    if enough and not request.may_interact:
        return None
    return _ask(request, Page.SECOND_STEP if level == 2 and means.has_factor else Page.STEP_UP, level)


def _consented(request: SignInRequest, progress: Progress, session: Session, standing: Standing) -> Next:
    link = standing.link
    agreed = link is not None and link.state is LinkState.LINKED and request.scopes <= standing.consented
    if not agreed or (request.must_consent and not (progress.consented and progress.by == session.member_id)):
        return _ask(request, Page.CONSENT)
    return Conclude()


def _ask(request: SignInRequest, page: Page, level: int = 0) -> Next:
    return Ask(page, level) if request.may_interact else Conclude(_WITHOUT_PAGES[page])


def _alive(session: Session, standing: Standing) -> bool:
    return standing.member_active and standing.session_epoch == session.member_epoch


def _fresh(progress: Progress, session: Session) -> bool:
    return session.authenticated_at >= progress.started_at


def counted_from(request: SignInRequest, progress: Progress, now: datetime) -> datetime | None:
    """From when on proofs of who is there count for this question, or None where all do. One that came after the
    question always counts, so that `max_age=0` is not asked forever (OpenID Connect Core §3.1.2.1)."""
    if request.must_reauthenticate:
        return progress.started_at
    if request.max_age is None:
        return None
    return min(progress.started_at, now - timedelta(seconds=request.max_age))
