"""One browser, one signed-in member."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from idp.sessions.assurance import Assurance, Authentication, acr_level, acr_name, assurance, by_password
from idp.sessions.device import Device

_NOWHERE = Device()


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in. `id` is ours alone; relying parties see an id of their own derived from it.

    `begun_at` is when this browser's session began, `authenticated_at` when its member last signed in with it;
    `authentications` is how and when they proved who they are, of each method the latest. A session that
    `awaits_second_step` opens no page but those of the sign-in that began it.
    """

    id: str
    member_id: str
    member_epoch: int
    authenticated_at: datetime
    authentications: tuple[Authentication, ...]
    ends_at: datetime
    begun_at: datetime | None = None
    device: Device = _NOWHERE
    awaits_second_step: bool = False

    @property
    def assurance(self) -> Assurance:
        """What it is worth, whenever that was proven."""
        found = assurance(self.authentications)
        assert found is not None  # noqa: S101  # none is begun without somebody's proof of who they are
        return found

    def packed(self) -> bytes:
        """As octets for the expiring store.

        A session by password alone is written as the release before ours wrote it, which runs beside us during an
        upgrade and reads no more; what it knows nothing of, it cannot mistake for a whole session.
        """
        reached = self.assurance
        values: list[Any] = [
            self.id,
            self.member_id,
            self.member_epoch,
            self.authenticated_at.timestamp(),
            reached.acr,
            reached.amr,
            self.ends_at.timestamp(),
            self.begun_at.timestamp() if self.begun_at is not None else None,
            self.device.address,
            self.device.agent,
        ]
        if self.awaits_second_step or self.authentications != (by_password(self.authenticated_at),):
            values += [
                self.awaits_second_step,
                [
                    [each.method, each.at.timestamp(), each.level, each.amr, each.simulated]
                    for each in self.authentications
                ],
            ]
        return json.dumps(values).encode()

    @classmethod
    def unpacked(cls, octets: bytes) -> Session:
        """From octets we packed, or a release before ours, which kept seven or ten values."""
        session_id, member_id, epoch, authenticated_at, acr, amr, ends_at, *rest = json.loads(octets)
        begun_at, address, agent, *rest = rest or (None, None, None)
        awaits, kept = rest or (False, [[_method(acr), authenticated_at, acr_level(acr) or 1, amr, False]])
        return cls(
            session_id,
            member_id,
            epoch,
            datetime.fromtimestamp(authenticated_at, UTC),
            tuple(
                Authentication(method, datetime.fromtimestamp(at, UTC), level, tuple(names), simulated)
                for method, at, level, names, simulated in kept
            ),
            datetime.fromtimestamp(ends_at, UTC),
            datetime.fromtimestamp(begun_at, UTC) if begun_at is not None else None,
            Device(address, agent),
            awaits,
        )


def _method(acr: str) -> str:
    """How a session of the release before ours began: it kept the level only."""
    return "password" if acr == acr_name(1) else "verification"
