"""The desk where protocols ask and collect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.clock import Clock
from idp.links import store as links
from idp.links.store import Standing
from idp.sessions.assurance import assurance
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.signin.level import NO_MEANS, Means, told, wanted_levels
from idp.signin.next_step import Ask, Conclude, Next, Progress, counted_from, next_step
from idp.signin.outcome import Outcome, Refused, SignedIn
from idp.signin.pending import PageExpired, Pending, PendingSignIns
from idp.signin.request import SignInRequest
from idp.storage.database import Database
from idp.terms.current_terms import CurrentTerms


@dataclass(frozen=True, slots=True)
class Considered:
    """What came of weighing a question, and what was weighed."""

    next: Next
    session: Session | None
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class SignInDesk:
    """Weighs a question against the session and the member's standing."""

    database: Database
    clock: Clock
    catalogue: Catalogue
    sessions: Sessions
    pending: PendingSignIns
    terms: CurrentTerms
    means: Callable[[Connection, str], Means]
    """What a member could prove beyond what they have; looked up only where a level is asked for."""

    def begin(
        self, request: SignInRequest, session_cookie: str | None, browser: Callable[[], str]
    ) -> Outcome | Pending:
        """The answer where nothing need be asked, else the started sign-in whose page the browser goes to.

        `browser` is called only in the second case: reading and writing that cookie costs more than the answer.
        """
        now = self.clock.now()
        considered = self._consider(request, Progress(now), session_cookie, now)
        if isinstance(considered.next, Conclude):
            return self._outcome(request, Progress(now), considered, considered.next)
        return self.pending.put(request, browser(), now)

    def look(self, pending: Pending, session_cookie: str | None) -> Considered:
        """What comes next in a started sign-in."""
        return self._consider(pending.request, pending.progress, session_cookie, self.clock.now())

    def collect(
        self, pending_id: str, browser: str | None, session_cookie: str | None, *, answer_path: str
    ) -> tuple[SignInRequest, Outcome] | Pending:
        """The question that was to be answered at `answer_path`, and its answer, once; the started sign-in where a page
        is still to be shown.

        The answer is weighed here and now, not when the last page was left: a link that was stopped in between
        yields none.

        Raises:
            PageExpired: it was collected before, or belongs to another browser or protocol.
        """
        pending = self.pending.get(pending_id, browser)
        if pending.request.answer_path != answer_path:
            raise PageExpired
        considered = self.look(pending, session_cookie)
        if isinstance(considered.next, Ask):
            return pending
        outcome = self._outcome(pending.request, pending.progress, considered, considered.next)
        self.pending.spend(pending)
        return pending.request, outcome

    def relying_party(self, request: SignInRequest) -> RelyingParty | None:
        """Who asks.

        Raises:
            PageExpired: it is no longer registered.
        """
        if request.relying_party_id is None:
            return None
        party = self.catalogue.relying_party(request.relying_party_id)
        if party is None:
            raise PageExpired
        return party

    def _consider(
        self, request: SignInRequest, progress: Progress, session_cookie: str | None, now: datetime
    ) -> Considered:
        session = self.sessions.unfinished(session_cookie)
        standing, means = None, NO_MEANS
        if session is not None:
            standing, means = self._weighed(session, request, self.relying_party(request))
        edition = self.terms().edition
        return Considered(next_step(request, progress, session, standing, now, edition, means), session, standing)

    def _weighed(
        self, session: Session, request: SignInRequest, party: RelyingParty | None
    ) -> tuple[Standing | None, Means]:
        with self.database.reading() as connection:
            standing = links.standing(
                connection, session.member_id, party.agency.id if party else "", party.id if party else ""
            )
            means = (
                self.means(connection, session.member_id)
                if max(wanted_levels(request.acr_values), default=0) > 1
                else NO_MEANS
            )
        return standing, means

    def _outcome(
        self, request: SignInRequest, progress: Progress, considered: Considered, concluded: Conclude
    ) -> Outcome:
        if concluded.refusal is not None:
            return Refused(concluded.refusal)
        assert considered.session is not None  # noqa: S101  # next_step concludes well only with both
        assert considered.standing is not None  # noqa: S101
        party = request.relying_party_id
        sid = self.sessions.id_toward(considered.session, party) if party is not None else None
        since = counted_from(request, progress, self.clock.now())
        # At the very edge of max_age it may have passed since it was weighed: then it was good a moment ago.
        reached = assurance(considered.session.authentications, since) or considered.session.assurance
        return SignedIn(considered.session, considered.standing, sid, request.scopes, reached, told(request, reached))
