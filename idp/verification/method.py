"""The contract every method keeps: begin → poll → finish → Evidence. `test_contract.py` holds each of them to it.

    begin ──▶ Turn(step) ──member acts──▶ poll, or an answer that the browser carries ──▶ finish ──▶ Evidence
                 ▲                                                                          │
                 └──────────────────────────── another Turn ────────────────────────────────┘

A method talks to its provider and keeps nothing: what it must remember between two steps goes into `Turn.memory`, which
is sealed on the server and shown to nobody. Every call may raise a leaf of `VerificationFailure` and nothing else that
is expected; that ends the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from idp.verification.evidence import Assurance, Evidence, Holder
from idp.verification.request import VerificationRequest


@dataclass(frozen=True, slots=True)
class Redirect:
    """The browser goes to the provider, which sends it back to `<path>/return` with an opaque handle."""

    kind: ClassVar[str] = "redirect"
    url: str


@dataclass(frozen=True, slots=True)
class Form:
    """The member types one line, such as a code."""

    kind: ClassVar[str] = "form"
    heading: str
    label: str
    instruction: str
    error: str = ""
    """Why what was typed last is not accepted."""
    again: bool = False
    """Whether another code can be asked for; the answer then holds `again`."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The member approves elsewhere, such as in an app; the page asks until there is an answer."""

    kind: ClassVar[str] = "wait"
    heading: str
    instruction: str
    tester_page: str = ""
    """Where a tester plays the phone, when nobody real is asked."""


@dataclass(frozen=True, slots=True)
class Details:
    """The member says whom to reach: name, birth date, telephone number, and by which app where there are several.

    What is typed reaches a phone and proves nothing; the provider's result is compared with it.
    """

    kind: ClassVar[str] = "details"
    heading: str
    instruction: str
    brands: Mapping[str, str]
    """Code and name of each app."""
    asks: ClassVar[tuple[str, ...]] = ("brand", "name", "birth_date", "phone")
    error: str = ""
    """Why what was typed last is not accepted."""


@dataclass(frozen=True, slots=True)
class ClientSign:
    """The browser signs `readable`, in UTF-8, with a key that never leaves it; `challenge` is the same in base64.

    It posts to `<path>/answer`: `cms`, or `signature` and `certificate`, in base64; and `r`, in hex or empty
    (`idp.verification.certificates.signed_answer`).
    """

    kind: ClassVar[str] = "client_sign"
    challenge: str
    readable: str
    holder: str = ""
    """`person` or `business`: whose certificates may sign."""
    accepted: tuple[str, ...] = ()
    """Policy OIDs that will be accepted, so that a page can say so before anybody signs."""
    ends_at: str = ""
    """When the challenge lapses, in ISO 8601."""

    def __post_init__(self) -> None:
        """A list, which is what packing makes of it, is as good."""
        object.__setattr__(self, "accepted", tuple(self.accepted))


Step = Redirect | Form | Wait | Details | ClientSign
Memory = Mapping[str, str | int]
_STEPS: Mapping[str, type[Redirect | Form | Wait | Details | ClientSign]] = {
    step.kind: step for step in (Redirect, Form, Wait, Details, ClientSign)
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What the member does next, and what the method must remember meanwhile."""

    step: Step
    memory: Memory = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Context:
    """The verification a method works for."""

    tx_id: str
    nonce: str
    """Names this verification toward the provider; what comes back must name it too."""
    path: str
    """Our pages of this verification: a provider returns the browser to `<path>/return`."""
    request: VerificationRequest
    ends_at: datetime


class Described(Protocol):
    """What a method says of itself. All of it is fixed while the process runs."""

    @property
    def code(self) -> str:
        """Its name in settings, audit and evidence."""
        ...

    @property
    def label(self) -> str:
        """What members choose it by."""
        ...

    @property
    def note(self) -> str:
        """One sentence about it."""
        ...

    @property
    def holder(self) -> Holder:
        """Whom it speaks for."""
        ...

    @property
    def assurance(self) -> Assurance:
        """How much it proves."""
        ...

    @property
    def provider(self) -> str:
        """Who vouches."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether nobody vouches: a stand-in for tests, which production refuses (REQ-16)."""
        ...


class Method(Described, Protocol):
    """One way to prove who somebody is."""

    def begin(self, context: Context) -> Turn:
        """Tell the provider; what the member does next."""
        ...

    def poll(self, context: Context, memory: Memory) -> Mapping[str, str] | None:
        """The provider's answer, to be given to `finish`; None while there is none."""
        ...

    def finish(self, context: Context, memory: Memory, answer: Mapping[str, str]) -> Turn | Evidence:
        """Weigh an answer. `answer` may come from the browser: it is believed to hold handles and codes only."""
        ...


def step_packed(step: Step) -> dict[str, Any]:
    """As plain values."""
    return {"kind": step.kind, **asdict(step)}


def step_unpacked(values: dict[str, Any]) -> Step:
    """From plain values."""
    return _STEPS[values["kind"]](**{name: value for name, value in values.items() if name != "kind"})
