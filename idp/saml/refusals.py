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

_BEGIN_AGAIN = "서비스로 돌아가 로그인을 다시 시작해 주세요."
_ASK_OPERATOR = "해당 서비스의 담당자에게 문의해 주세요."


class RequestRefused(BadRequest):
    """The root of these. `public` is what the member reads; nothing of the message is repeated there."""

    code = "saml_request_refused"
    told = f"로그인 요청을 처리할 수 없습니다. {_ASK_OPERATOR}"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, public=self.told)


class UnreadableMessage(RequestRefused):
    code = "saml_unreadable"


class UnknownProvider(RequestRefused):
    code = "saml_unknown_provider"
    told = f"등록되지 않은 서비스의 로그인 요청입니다. {_ASK_OPERATOR}"


class UntrustedSignature(RequestRefused):
    code = "saml_signature"
    told = f"로그인 요청의 서명을 확인할 수 없습니다. {_ASK_OPERATOR}"


class UnregisteredConsumer(RequestRefused):
    code = "saml_unregistered_consumer"
    told = f"등록되지 않은 주소로 응답을 보낼 수 없습니다. {_ASK_OPERATOR}"


class NotForUs(RequestRefused):
    code = "saml_not_for_us"


class StaleMessage(RequestRefused):
    code = "saml_stale"
    told = f"이미 사용되었거나 유효 시간이 지난 로그인 요청입니다. {_BEGIN_AGAIN}"
