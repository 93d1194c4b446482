"""A code by SMS, typed back. What is kept of it is a digest, sealed with the transaction; whoever claims the
transaction's version has the one try, so that of any number of right answers at once one is taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.clock import Clock, epoch_seconds
from idp.crypto.digests import Digester, same
from idp.mail.letters import Purpose, VerificationCode
from idp.mail.post import Message, Post
from idp.mail.recipients import MobileNumber, UnusableRecipient
from idp.randomness import Randomness
from idp.sections.verification import PhoneCode
from idp.storage.database import Database
from idp.verification.evidence import Assurance, Evidence, Holder
from idp.verification.failures import CodeRefused, CodesSentTooOften, ProviderFailed
from idp.verification.method import Context, Memory, Turn
from idp.verification.one_time_code.limits import SendLimits
from idp.verification.typed_code import WRONG, code_form, new_code, typed_code
from idp.web.source_words import N_

CODE = "phone_code"
_PURPOSE = "verification.phone_code"
_LATE = N_("인증번호의 유효시간이 지났습니다. 인증번호를 다시 받아 주세요.")
_ENOUGH = N_("인증번호를 더 보낼 수 없습니다. 이미 받은 인증번호를 입력하거나 나중에 다시 시도해 주세요.")


@dataclass(frozen=True, slots=True)
class ByPhoneCode:
    """Sends a code to the number the request names."""

    database: Database
    clock: Clock
    randomness: Randomness
    digester: Digester
    post: Post
    settings: PhoneCode
    may_send: SendLimits

    code: str = CODE
    label: str = N_("휴대전화 번호 확인")
    note: str = N_("휴대전화로 받은 인증번호로 번호를 사용하고 있는지 확인합니다.")
    holder: Holder = Holder.PERSON
    assurance: Assurance = Assurance.L1
    provider: str = "sms"
    simulated: bool = False

    def begin(self, context: Context) -> Turn:
        """Send the first code."""
        if not self._allowed(context):
            raise CodesSentTooOften
        return self._sent(context, 0)

    def poll(self, _context: Context, _memory: Memory) -> Mapping[str, str] | None:
        """Nobody answers but the member."""
        return None

    def finish(self, context: Context, memory: Memory, answer: Mapping[str, str]) -> Turn | Evidence:
        """Weigh what was typed, or send another code. Tries are counted over all the codes of one verification: a new
        code would otherwise bring new guesses."""
        wrong, now = int(memory["wrong"]), self.clock.now()
        if answer.get("again"):
            return (
                self._sent(context, wrong) if self._allowed(context) else Turn(code_form(_ENOUGH, again=True), memory)
            )
        if epoch_seconds(now) >= int(memory["until"]):
            return Turn(code_form(_LATE, again=True), memory)
        if same(self._digest(context, typed_code(answer)), str(memory["digest"])):
            return self._evidence(context, str(memory["digest"]), now)
        if wrong + 1 >= self.settings.tries:
            raise CodeRefused
        return Turn(code_form(WRONG, again=True), {**memory, "wrong": wrong + 1})

    def _allowed(self, context: Context) -> bool:
        request = context.request
        return self.may_send(request.phone or "", request.bound_to, request.asked_from)

    def _sent(self, context: Context, wrong: int) -> Turn:
        code = new_code(self.randomness)
        until = self.clock.now() + self.settings.lifetime
        try:
            recipient = MobileNumber(context.request.phone or "")
        except UnusableRecipient:
            raise ProviderFailed from None
        with self.database.transaction() as connection:
            self.post(connection, Message(recipient, VerificationCode(code, Purpose.CHANGE_PHONE, until)))
        kept: Memory = {"digest": self._digest(context, code), "until": epoch_seconds(until), "wrong": wrong}
        return Turn(code_form(again=True), kept)

    def _digest(self, context: Context, code: str) -> str:
        # Keyed: a million codes are tried in a second.
        return self.digester.digest(_PURPOSE, f"{context.tx_id} {code}")

    def _evidence(self, context: Context, digest: str, now: datetime) -> Evidence:
        return Evidence(
            provider=self.provider,
            method=self.code,
            assurance=self.assurance,
            simulated=False,
            tx_id=context.tx_id,
            verified_at=now,
            holder=self.holder,
            raw_hash=hashlib.sha256(digest.encode()).hexdigest(),
            phone=context.request.phone,
        )
