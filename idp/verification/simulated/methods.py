"""The three shapes that methods have, with nobody behind them: by redirect, by app push, by a code to a phone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from idp.crypto.digests import same
from idp.verification.age import korean_date
from idp.verification.evidence import Assurance, Evidence
from idp.verification.failures import CodeRefused
from idp.verification.identity import Identity, evidence_of
from idp.verification.method import Context, Memory, Method, Redirect, Turn, Wait
from idp.verification.offers import OFFERS, AsOffered, Offer
from idp.verification.simulated.people import certificate, company, people
from idp.verification.simulated.provider import NAME, Result, SimulatedProvider
from idp.verification.typed_code import WRONG, code_form, new_code, typed_code
from idp.web.source_words import N_

GUESSES = 5
"""Wrong codes before a verification ends."""


@dataclass(frozen=True, slots=True)
class _Simulated(AsOffered):
    """What the three share: an offer, and the provider that stands in."""

    by: SimulatedProvider

    @property
    def provider(self) -> str:
        return NAME

    @property
    def simulated(self) -> bool:
        return True

    def message(self, _memory: Memory) -> str | None:
        """What the tester's phone shows, besides the request to approve."""
        return None

    def _evidence(self, context: Context, holder_code: str, raw: bytes) -> Evidence:
        now = self.by.clock.now()
        today = korean_date(now)
        business = company(holder_code)
        person = people(today)[business.representative if business else holder_code]
        identity = Identity(
            name=person.name,
            birth_date=person.birth_date,
            gender=person.gender,
            phone=person.phone,
            ci=person.ci,
            di=person.di,
            business_number=business.business_number if business else None,
            company_name=business.name if business else None,
        )
        found = evidence_of(identity, self, context, now, raw)
        return replace(found, certificate=certificate(holder_code, today) if self.assurance is Assurance.L3 else None)


@dataclass(frozen=True, slots=True)
class ByRedirect(_Simulated):
    """The browser goes to the provider's page and comes back with a handle."""

    def begin(self, context: Context) -> Turn:
        return Turn(Redirect(f"{context.path}/simulator"))

    def poll(self, _context: Context, _memory: Memory) -> Mapping[str, str] | None:
        return None

    def finish(self, context: Context, _memory: Memory, answer: Mapping[str, str]) -> Turn | Evidence:
        result = self.by.fetch(answer.get("handle", ""), context.nonce)
        return self._evidence(context, result.holder_code, result.raw)


@dataclass(frozen=True, slots=True)
class ByPush(_Simulated):
    """The member approves on a phone while our page waits."""

    def begin(self, context: Context) -> Turn:
        return Turn(
            Wait(
                N_("인증 앱에서 승인해 주세요"),
                N_("휴대전화의 인증 앱으로 인증 요청을 보냈습니다. 앱에서 승인한 다음 아래 버튼을 눌러 주세요."),
                f"{context.path}/simulator",
            )
        )

    def poll(self, context: Context, _memory: Memory) -> Mapping[str, str] | None:
        handle = self.by.waiting(context.nonce)
        return None if handle is None else {"handle": handle}

    def finish(self, context: Context, _memory: Memory, _answer: Mapping[str, str]) -> Turn | Evidence:
        # The answer may be a browser's; whose turn it is, the provider says.
        result = self.by.fetch(self.by.waiting(context.nonce) or "", context.nonce)
        return self._evidence(context, result.holder_code, result.raw)


@dataclass(frozen=True, slots=True)
class ByCode(_Simulated):
    """A code goes to the phone, the member types it."""

    def begin(self, context: Context) -> Turn:
        return Turn(Redirect(f"{context.path}/simulator"))

    def poll(self, _context: Context, _memory: Memory) -> Mapping[str, str] | None:
        return None

    def finish(self, context: Context, memory: Memory, answer: Mapping[str, str]) -> Turn | Evidence:
        if "code" not in memory:
            return self._asked(self.by.fetch(answer.get("handle", ""), context.nonce))
        if same(typed_code(answer), str(memory["code"])):
            return self._evidence(context, str(memory["holder"]), str(memory["raw"]).encode())
        wrong = int(memory["wrong"]) + 1
        if wrong >= GUESSES:
            raise CodeRefused
        return Turn(code_form(WRONG), {**memory, "wrong": wrong})

    def message(self, memory: Memory) -> str | None:
        return str(memory["code"]) if "code" in memory else None

    def _asked(self, result: Result) -> Turn:
        code = new_code(self.by.randomness)
        memory: Memory = {"code": code, "holder": result.holder_code, "raw": result.raw.decode(), "wrong": 0}
        return Turn(code_form(), memory)


def simulated_methods(codes: Collection[str], provider: SimulatedProvider) -> tuple[Method, ...]:
    """The enabled methods, all of them stand-ins, in the order in which members see them."""
    return tuple(_shape(offer)(offer, provider) for offer in OFFERS if offer.code in codes)


def is_stand_in(method: Method) -> bool:
    """Whether this process itself plays the provider."""
    return isinstance(method, _Simulated)


def _shape(offer: Offer) -> type[ByRedirect | ByPush | ByCode]:
    if offer.code == "phone":
        return ByCode
    return ByPush if offer.code in {"simple_certificate", "business_simple_certificate"} else ByRedirect
