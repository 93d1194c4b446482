"""간편인증 by app push: details → push → the member approves in the app → poll → verify once.

What differs between hubs is a `Hub`; the order, the limits and the comparison with what the member typed are here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from idp.verification.evidence import Evidence
from idp.verification.failures import NameMismatch, ProviderFailed
from idp.verification.identity import Identity
from idp.verification.method import Context, Details, Memory, Turn, Wait
from idp.verification.providers import reading
from idp.verification.providers.adapter import Adapter
from idp.web.source_words import N_

_HEADING = N_("인증 요청을 받을 정보를 입력해 주세요")
_INSTRUCTION = N_("인증서를 발급받은 본인의 정보를 입력해 주세요. 인증 앱이 알고 있는 정보와 같아야 합니다.")
_WAITING = N_("인증 앱에서 승인해 주세요")
_WAIT_HOW = N_("휴대전화의 인증 앱으로 인증 요청을 보냈습니다. 앱에서 승인한 다음 아래 버튼을 눌러 주세요.")


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom the member says to be, and the app that shall ask."""

    brand: str
    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a hub handed out, once."""

    identity: Identity
    result_id: str
    """Names the result, so that it counts once."""
    raw: bytes = field(repr=False)


class Hub(Protocol):
    """What speaks for several apps. Its failures are leaves of `VerificationFailure`."""

    def push(self, adapter: Adapter, context: Context, asked: Asked) -> Memory:
        """Send the request to the phone; what finds it again."""
        ...

    def approved(self, adapter: Adapter, memory: Memory) -> bool:
        """Whether there is a result; False while the member has not answered."""
        ...

    def collect(self, adapter: Adapter, context: Context, memory: Memory) -> Vouched:
        """The result, weighed. A hub hands it out once."""
        ...


@dataclass(frozen=True, slots=True)
class ByAppPush(Adapter):
    """The member approves in an app while our page waits."""

    hub: Hub
    brands: Mapping[str, str]

    def begin(self, _context: Context) -> Turn:
        return Turn(self._details())

    def poll(self, _context: Context, memory: Memory) -> Mapping[str, str] | None:
        return {} if "brand" in memory and self.hub.approved(self, memory) else None

    def finish(self, context: Context, memory: Memory, answer: Mapping[str, str]) -> Turn | Evidence:
        if "brand" not in memory:
            return self._pushed(context, answer)
        # The answer may be a browser's; whether there is a result, the hub says.
        if not self.hub.approved(self, memory):
            return Turn(self._wait(), memory)
        vouched = self.hub.collect(self, context, memory)
        self.by.first_use(self.provider, vouched.result_id)
        if not _same(vouched.identity, memory):
            raise NameMismatch
        return self.evidence(context, vouched.identity, vouched.raw)

    def _pushed(self, context: Context, answer: Mapping[str, str]) -> Turn:
        try:
            phone = reading.mobile(answer.get("phone", ""))
            asked = Asked(
                brand=answer.get("brand", ""),
                name=reading.person_name(answer.get("name", "")),
                birth_date=reading.birth_date(answer.get("birth_date", "")),
                phone=phone or "",
            )
        except ProviderFailed:
            return Turn(self._details(again=True))
        if asked.brand not in self.brands or not phone:
            return Turn(self._details(again=True))
        self.by.pushes(asked.phone, context.request.asked_from)
        about: Memory = {
            "brand": asked.brand,
            "name": asked.name,
            "birth_date": asked.birth_date.isoformat(),
            "phone": asked.phone,
        }
        return Turn(self._wait(), {**self.hub.push(self, context, asked), **about})

    def _wait(self) -> Wait:
        return Wait(_WAITING, _WAIT_HOW, self.tester_page)

    def _details(self, *, again: bool = False) -> Details:
        details = Details(_HEADING, _INSTRUCTION, dict(self.brands))
        return replace(details, error=N_("입력한 내용을 다시 확인해 주세요.")) if again else details


def _same(identity: Identity, memory: Memory) -> bool:
    """Whether the result is of whom the member said to be. Otherwise anybody could prove to be whoever approves a
    request that rings at the wrong time.
    """
    day = identity.birth_date.isoformat() if identity.birth_date is not None else None
    found = (identity.name, day, identity.phone)
    return found == (memory["name"], memory["birth_date"], memory["phone"])
