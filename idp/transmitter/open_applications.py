"""Asking agencies, before a member leaves, whether an application of theirs is open. Advice, never a veto."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import structlog

from idp.agencies.catalogue import Catalogue
from idp.agencies.registration_secrets import EVENTS_AUTHORIZATION
from idp.agencies.relying_party import RelyingParty
from idp.crypto.fields import FieldCipher
from idp.egress import Egress
from idp.errors import IdpError
from idp.sections import Events
from idp.transmitter.connector import client_session

_LONGEST_ANSWER = 4096
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What one relying party is asked."""

    agency_id: str
    relying_party_id: str
    url: str
    subject: str
    authorization: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenApplications:
    """Asks every relying party that registered for it, so many at once, and waits no longer than `patience` for all of
    them together. Who says nothing, says something else or cannot be reached is no obstacle."""

    catalogue: Catalogue
    cipher: FieldCipher
    egress: Egress
    patience: timedelta
    at_once: int

    def __call__(self, subjects: Iterable[tuple[str, str]]) -> frozenset[str]:
        """The agencies that say so, by id; `subjects` are agency and subject of the member's links."""
        questions = [question for agency_id, subject in subjects for question in self._questions(agency_id, subject)]
        return frozenset(asyncio.run(self._ask(questions))) if questions else frozenset()

    def _questions(self, agency_id: str, subject: str) -> Iterable[Question]:
        for party in self.catalogue.snapshot().of_agency(agency_id):
            terms = party.stream_terms
            if terms is None or terms.withdrawal_check_url is None:
                continue
            url = terms.withdrawal_check_url.value
            try:
                yield Question(agency_id, party.id, url, subject, self._header(party))
            except IdpError:
                # Its key is gone: events say so too, and louder.
                _log.warning("withdrawal_check.header_unreadable", relying_party=party.id)

    def _header(self, party: RelyingParty) -> str | None:
        """The header that the operator registered; one that a receiver chose for its own host goes nowhere else."""
        terms, stream = party.stream_terms, party.events
        if stream is None or stream.authorization is None or terms is None or terms.managed_by != "operator":
            return None
        return self.cipher.open_secret(EVENTS_AUTHORIZATION, stream.authorization).decode()

    async def _ask(self, questions: Sequence[Question]) -> list[str]:
        seats, within = asyncio.Semaphore(self.at_once), Events(total_timeout=self.patience)
        async with client_session(self.egress, within) as session:

            async def one(question: Question) -> str | None:
                async with seats:
                    return question.agency_id if await _says_open(session, question, self.egress) else None

            tasks = [asyncio.create_task(one(each)) for each in questions]
            done, waiting = await asyncio.wait(tasks, timeout=self.patience.total_seconds())
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return [found for found in (task.result() for task in done) if found is not None]


async def _says_open(session: aiohttp.ClientSession, question: Question, egress: Egress) -> bool:
    if not egress.allows_scheme(question.url):
        return False
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if question.authorization is not None:
        headers["Authorization"] = question.authorization
    body = json.dumps({"sub": question.subject}).encode()
    try:
        # Following a redirect would send the subject where nobody registered.
        async with session.post(question.url, data=body, headers=headers, allow_redirects=False) as response:
            said = await response.content.read(_LONGEST_ANSWER) if response.status == 200 else b""
            answer = json.loads(said) if said else None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError) as error:
        _log.info("withdrawal_check.silent", relying_party=question.relying_party_id, error=type(error).__name__)
        return False
    return isinstance(answer, dict) and answer.get("open") is True
