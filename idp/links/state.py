"""The states of a link and the steps between them. Pure.

    (none) ── connect ──▶ linked ── stop ──▶ unlinked ── connect ──▶ linked …
                            │  ▲
                    suspend ▼  │ restore
                         suspended ── stop ──▶ unlinked

One more of the agency's accounts (`add_account`) leaves a link linked. Each step adds one to the version; a message
about an older version is thereby known to be late.
"""

from __future__ import annotations

from enum import StrEnum

from idp.errors import Conflict


class LinkState(StrEnum):
    """Where a link stands."""

    LINKED = "linked"
    UNLINKED = "unlinked"
    SUSPENDED = "suspended"


class Step(StrEnum):
    """What somebody wants to happen to a link."""

    CONNECT = "connect"
    ADD_ACCOUNT = "add_account"
    STOP = "stop"
    SUSPEND = "suspend"
    RESTORE = "restore"


_STEPS: dict[tuple[LinkState | None, Step], LinkState] = {
    (None, Step.CONNECT): LinkState.LINKED,
    (LinkState.UNLINKED, Step.CONNECT): LinkState.LINKED,
    (LinkState.LINKED, Step.ADD_ACCOUNT): LinkState.LINKED,
    (LinkState.LINKED, Step.STOP): LinkState.UNLINKED,
    (LinkState.SUSPENDED, Step.STOP): LinkState.UNLINKED,
    (LinkState.LINKED, Step.SUSPEND): LinkState.SUSPENDED,
    (LinkState.SUSPENDED, Step.RESTORE): LinkState.LINKED,
}


class NoSuchStep(Conflict):
    """The link is not in a state from which this step leads anywhere."""

    code = "no_such_step"


def after(state: LinkState | None, step: Step) -> LinkState:
    """The state that `step` leads to.

    Raises:
        NoSuchStep: from `state` it leads nowhere.
    """
    try:
        return _STEPS[state, step]
    except KeyError:
        raise NoSuchStep(f"{step} from {state or 'no link'}") from None
