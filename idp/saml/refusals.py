"""Why a message gets a page of ours and no SAML answer: we do not know whom we would be answering.

BadRequest
└── RequestRefused
    ├── UnreadableMessage     not a message we can read
    ├── UnknownProvider       nobody registered sent it
    ├── UntrustedSignature    a signature is missing where required, or does not hold
    ├── UnregisteredConsumer  it names an address we may not post to
    ├── NotForUs              it was meant for another address
    └── StaleMessage          its time is over, or it was used before
"""

from __future__ import annotations

from idp.errors import BadRequest
from idp.web.source_words import N_


class RequestRefused(BadRequest):
    """The root of these. `told` is what the member reads, in their language; nothing of the message is in it."""

    code = "saml_request_refused"
    told = N_("로그인 요청을 처리할 수 없습니다. 해당 서비스의 담당자에게 문의해 주세요.")

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, public=self.told)


class UnreadableMessage(RequestRefused):
    code = "saml_unreadable"


class UnknownProvider(RequestRefused):
    code = "saml_unknown_provider"
    told = N_("등록되지 않은 서비스의 로그인 요청입니다. 해당 서비스의 담당자에게 문의해 주세요.")


class UntrustedSignature(RequestRefused):
    code = "saml_signature"
    told = N_("로그인 요청의 서명을 확인할 수 없습니다. 해당 서비스의 담당자에게 문의해 주세요.")


class UnregisteredConsumer(RequestRefused):
    code = "saml_unregistered_consumer"
    told = N_("등록되지 않은 주소로 응답을 보낼 수 없습니다. 해당 서비스의 담당자에게 문의해 주세요.")


class NotForUs(RequestRefused):
    code = "saml_not_for_us"


class StaleMessage(RequestRefused):
    code = "saml_stale"
    told = N_("이미 사용되었거나 유효 시간이 지난 로그인 요청입니다. 서비스로 돌아가 로그인을 다시 시작해 주세요.")
