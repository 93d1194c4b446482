"""One visit: what is due for one account, carried to the agency. Never raises for what the agency does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from idp.clock import Clock
from idp.links.provisionings import ProvisioningState
from idp.provisioning.attempt import Attempt, Needed, Outcome, needs
from idp.provisioning.due import Due
from idp.provisioning.exchange import ServiceFailed
from idp.provisioning.make_account import MakeAccount
from idp.provisioning.open_member import Opened, OpenMember
from idp.provisioning.scim_parties import ScimParty
from idp.provisioning.tell_account import TellAccount
from idp.provisioning.user import changes, user
from idp.transmitter.verdict import unanswered

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReachAgency:
    """Makes an account, or tells it what changed."""

    open_member: OpenMember
    on_thread: Callable[..., Awaitable[Any]]
    clock: Clock

    async def __call__(self, due: Due, scim_party: ScimParty) -> Attempt:
        """The attempt."""
        loop = asyncio.get_running_loop()
        started_at, started = self.clock.now(), loop.time()
        sealed = None
        try:
            outcome = await self._reached(due, scim_party)
            if outcome is not None and outcome.remote is not None:
                sealed = await self._sealed(due, scim_party, outcome)
        except ServiceFailed as failure:
            outcome = Outcome(failure.answer)
        except Exception:  # noqa: BLE001  # logged with its trace on the next line
            # What nobody foresaw must cost this lane its pace, not every lane its worker.
            _log.exception("provisioning.attempt_broke", provisioning=due.id, relying_party=due.relying_party_id)
            outcome = Outcome(unanswered("fault"))
        return Attempt(due, outcome, started_at, round((loop.time() - started) * 1000), sealed)

    async def _reached(self, due: Due, scim_party: ScimParty) -> Outcome | None:
        extended = (await scim_party.client.abilities()).extension
        if due.state is ProvisioningState.REQUESTED:

            async def described() -> Mapping[str, Any] | None:
                opened = await self._opened(due, scim_party)
                return user(opened.released, scim_party.registration, extended=extended) if opened is not None else None

            return await MakeAccount(scim_party.client)(due.subject, described)
        opened = await self._opened(due, scim_party)
        if opened is None:
            return None
        if opened.remote is None:
            # It was made while the link rested, and its name could not be kept.
            return await MakeAccount(scim_party.client)(due.subject, _nothing) or needs(Needed.ACCOUNT_GONE)
        patch = changes(opened.released, scim_party.registration, extended=extended)
        return await TellAccount(scim_party.client)(opened.remote, due.subject, patch)

    async def _opened(self, due: Due, scim_party: ScimParty) -> Opened | None:
        opened: Opened | None = await self.on_thread(self.open_member, due, scim_party.party)
        return opened

    async def _sealed(self, due: Due, scim_party: ScimParty, outcome: Outcome) -> bytes | None:
        opened = await self._opened(due, scim_party)
        if opened is None or outcome.remote is None:
            return None
        sealed: bytes = await self.on_thread(self.open_member.seal, due, opened.data_key, outcome.remote)
        return sealed


async def _nothing() -> None:
    """An account that was there is not made anew."""
