"""금융인증서, which 금융결제원 keeps for members: its page signs our text, the server fetches the CMS and weighs it by
the same checks as a certificate that members keep themselves. What the page or its API says beside the CMS counts for
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from idp.sections.providers import FinCertProvider
from idp.verification.certificates.method import CertificateMethod
from idp.verification.evidence import Evidence, Holder
from idp.verification.failures import (
    Cancelled,
    Denied,
    Expired,
    ForeignResult,
    ProviderFailed,
    Replayed,
    VerificationFailure,
)
from idp.verification.method import ClientSign, Context, Memory, Redirect, Turn
from idp.verification.providers import reading
from idp.verification.providers.adapter import Adapter
from idp.verification.providers.reading import Said

_API = "/fincert/v1"
_GOOD = "000000"
_LONGEST_CMS = 60_000

REFUSALS: Mapping[str, type[VerificationFailure]] = {
    "800000": Cancelled,
    "800001": Denied,
    "800002": Expired,
    "800003": ForeignResult,
    "800004": Replayed,
    "900000": ProviderFailed,
}


@dataclass(frozen=True, slots=True)
class FinCert(Adapter):
    """A signature by a certificate in the cloud."""

    told: FinCertProvider
    signing: CertificateMethod
    """Asks for the text, and weighs what comes back."""

    def begin(self, context: Context) -> Turn:
        asked = self.signing.begin(context)
        if not isinstance(asked.step, ClientSign):
            raise self.wire.failed("nothing to sign")
        said = self._ask(
            "/sign",
            {
                "orgCode": self.told.org_code,
                "requestNo": context.nonce,
                # A person is not compared by VID, and R with it tells their 주민등록번호.
                "signFormat": {"type": "CMS", "CMSInfo": {"includeR": self.holder is Holder.BUSINESS}},
                "content": {"plainText": asked.step.readable},
                "algorithms": "RSASSA-PKCS1-v1_5_SHA256",
                "view": {"oid": list(asked.step.accepted)},
                "returnUrl": self.return_address(context),
            },
        )
        return Turn(Redirect(self.wire.address(said, "pageUrl")), {**asked.memory, "sign": said.text("signId", 100)})

    def poll(self, _context: Context, _memory: Memory) -> Mapping[str, str] | None:
        return None

    def finish(self, context: Context, memory: Memory, _answer: Mapping[str, str]) -> Turn | Evidence:
        asked = {"orgCode": self.told.org_code, "requestNo": context.nonce, "signId": memory["sign"]}
        said = self._ask("/result", asked)
        signed = {"cms": said.text("signedVals", _LONGEST_CMS), "r": said.maybe("vidRandom", 200) or ""}
        found = self.signing.finish(context, memory, signed)
        if isinstance(found, Turn):
            return found
        return replace(found, provider=self.provider, simulated=self.simulated)

    def _ask(self, path: str, content: Mapping[str, object]) -> Said:
        headers = {"x-api-key": self.told.api_key.get_secret_value()}
        said = reading.json_object(self.wire.post_json(f"{_API}{path}", content, headers).octets)
        code = said.text("resultCode", 10)
        if code != _GOOD:
            raise self.refused(REFUSALS, code)
        return said
