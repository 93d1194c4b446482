"""Telling an account what has become true of its member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.provisioning.attempt import Needed, Outcome, done, needs
from idp.provisioning.exchange import failed
from idp.provisioning.remote import Remote
from idp.provisioning.scim_client import ScimClient, Unlike


@dataclass(frozen=True, slots=True)
class TellAccount:
    """Patches what is ours to say; whatever else the agency keeps of the account stays as it is."""

    client: ScimClient

    async def __call__(self, remote: Remote, subject: str, patch: Mapping[str, Any]) -> Outcome:
        """What came of it.

        Raises:
            ServiceFailed: the service did not do what was asked.
        """
        able = await self.client.abilities()
        if not able.patch or not patch["Operations"]:
            # A PUT in its place would take away what the agency added.
            return done("told_nothing", remote)
        # Without a version nothing would stop us from telling an account that the agency gave to somebody else since.
        present = remote if remote.etag is not None else await self.client.look(remote, subject)
        changed = await self.client.change(present, patch) if isinstance(present, Remote) else present
        if changed is Unlike.CHANGED:
            # The agency touched the account since; what we say of it holds all the same.
            present = await self.client.look(remote, subject)
            changed = await self.client.change(present, patch) if isinstance(present, Remote) else present
        if isinstance(changed, Remote):
            return done("updated", changed)
        if changed is Unlike.CHANGED:
            raise failed("http_412", 412)
        return needs(Needed.ACCOUNT_GONE)
