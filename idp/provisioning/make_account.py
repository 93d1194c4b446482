"""Making an account: looked for first, so that an answer that was lost makes no second one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from idp.provisioning.attempt import Needed, Outcome, done, needs
from idp.provisioning.exchange import failed
from idp.provisioning.remote import Remote
from idp.provisioning.scim_client import ScimClient, Unlike


@dataclass(frozen=True, slots=True)
class MakeAccount:
    """Sees to it that one subject has one account. Account events §5."""

    client: ScimClient

    async def __call__(
        self, subject: str, resource: Callable[[], Awaitable[Mapping[str, Any] | None]]
    ) -> Outcome | None:
        """What came of it; None where `resource`, asked at the last moment, has nothing to send any more.

        Raises:
            ServiceFailed: the service did not do what was asked.
        """
        if not (await self.client.abilities()).filter:
            raise failed("no_filter")
        known = await self._known(subject)
        if known is not None:
            return known
        described = await resource()
        if described is None:
            return None
        made = await self.client.create(described)
        if isinstance(made, Remote):
            return done("created", made)
        # What stands in the way may be our own account, made by a request whose answer was lost. Anything else may be
        # another person's: a name or an address that is alike proves nothing.
        return await self._known(subject) or needs(Needed.LINK_BY_HAND)

    async def _known(self, subject: str) -> Outcome | None:
        found = await self.client.find(subject)
        if isinstance(found, Remote):
            return done("found", found, again=True)
        return needs(Needed.SEVERAL_ACCOUNTS) if found is Unlike.SEVERAL else None
