"""Signing by a certificate of NPKI: a person's or a business's, with our own page or a vendor's. A `Method`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from idp.verification.certificates.challenge import Challenges
from idp.verification.certificates.failures import HolderUnnamed, RandomMissing, VidMismatch
from idp.verification.certificates.signed_answer import FIELDS, SignedAnswer, read_answer
from idp.verification.certificates.verdict import Signed, Verdict
from idp.verification.evidence import Evidence, Holder
from idp.verification.method import Context, Memory, Turn
from idp.verification.offers import AsOffered

NPKI, FINANCIAL = "npki", "financial_certificate"
"""Who vouches: the accredited authorities, by files that members keep, or 금융결제원, which keeps them for members."""


@dataclass(frozen=True, slots=True)
class CertificateMethod(AsOffered):
    """What `offer` names, proved by a signature over a challenge of ours.

    A business's 사업자등록번호 is in its certificate as VID, and R shows it. A person's 주민등록번호 is not ours to
    ask, so a person's certificate proves a real name and the possession of a key, and brings no CI: it is a credential
    to be registered, not 본인확인 (개인정보 보호법 §24-2).
    """

    challenges: Challenges
    verdict: Verdict
    provider: str = NPKI

    @property
    def simulated(self) -> bool:
        """A lab's certificates vouch for nobody, however well they are made."""
        return self.verdict.authorities.lab

    def begin(self, context: Context) -> Turn:
        return self.challenges.ask(context)

    def poll(self, _context: Context, _memory: Memory) -> Mapping[str, str] | None:
        return None

    def finish(self, context: Context, memory: Memory, answer: Mapping[str, str]) -> Turn | Evidence:
        text = self.challenges.spend(memory)
        now = self.challenges.clock.now()
        given = read_answer(answer, text)
        signed = self.verdict(given.signed, self.holder, now)
        business_number = self._business_number(context, signed, given)
        posted = "\n".join(answer.get(each, "") for each in FIELDS if each != "r")
        return Evidence(
            provider=self.provider,
            method=self.code,
            assurance=self.assurance,
            simulated=self.simulated,
            tx_id=context.tx_id,
            verified_at=now,
            holder=self.holder,
            raw_hash=hashlib.sha256(posted.encode()).hexdigest(),
            name=signed.real_name if self.holder is Holder.PERSON else None,
            company_name=signed.real_name if self.holder is Holder.BUSINESS else None,
            business_number=business_number,
            certificate=signed.path.leaf.kept(signed.policy),
        )

    def _business_number(self, context: Context, signed: Signed, given: SignedAnswer) -> str | None:
        """The number of the business that was asked for, once R shows that the certificate is its own."""
        if self.holder is Holder.PERSON:
            return None
        if signed.vid is None:
            raise HolderUnnamed("no VID")
        if given.random is None:
            raise RandomMissing
        number = context.request.business_number or ""
        if not signed.vid.is_of(number, given.random):
            raise VidMismatch
        return number
