"""How a verification can fail: each leaf with its own log code and the words for whoever tried.

    VerificationFailure
    ├── Cancelled               the member turned back
    ├── Denied                  the member, or the provider's check of them, said no
    ├── Expired                 nobody answered in time
    ├── CodeRefused             the code was wrong too often
    ├── CodesSentTooOften       one phone, person or address asked for too many codes
    ├── PushedTooOften          one phone was sent too many requests
    ├── PushedTooOftenFromHere  one address asked for too many
    ├── NotIdentified           a name was proved, and not which person of that name
    ├── Mismatch                it is somebody else than who was asked for
    │   ├── NameMismatch        the provider knows the number or certificate under another name
    │   ├── PersonMismatch      another person than the one this is about
    │   ├── BusinessMismatch    another 사업자등록번호
    │   └── HolderMismatch      a person's proof where a business's was asked, or the reverse
    ├── ProviderUnavailable     the provider did not answer
    ├── ProviderFailed          the provider answered with a failure of its own
    └── ResultRefused           what came back is not a good answer to this question
        ├── Forged              its seal does not fit
        ├── Replayed            it was used before
        ├── ForeignResult       it answers another request
        ├── StaleResult         it is too old, or from the future
        └── LevelTooLow         it was proved by a weaker means than was asked for

A failure ends its transaction and makes no evidence. `detail` holds no personal data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from idp.errors import Refusal
from idp.verification.state import State
from idp.web.source_words import N_

_AGAIN = N_("이전 화면으로 돌아가 다시 시도하거나 다른 인증 방법을 선택해 주세요.")


class VerificationFailure(Refusal):
    """The root. `ends_in` is the state its transaction ends in."""

    code = "verification_failed"
    ends_in: ClassVar[State] = State.FAILED
    sentence: ClassVar[str] = N_("본인확인을 마치지 못했습니다.")
    next_step: ClassVar[str] = _AGAIN


class Cancelled(VerificationFailure):
    code = "verification_cancelled"
    ends_in = State.DENIED
    sentence = N_("인증을 취소했습니다.")


class Denied(VerificationFailure):
    code = "verification_denied"
    ends_in = State.DENIED
    sentence = N_("인증 요청이 거절되었습니다.")
    next_step = N_("직접 거절하지 않았다면 인증 앱의 이용 상태를 확인하고, 이전 화면에서 다시 시도해 주세요.")


class Expired(VerificationFailure):
    code = "verification_expired"
    ends_in = State.EXPIRED
    sentence = N_("인증 시간이 지났습니다.")
    next_step = N_("이전 화면으로 돌아가 인증을 처음부터 다시 시작해 주세요. 10분 안에 마쳐야 합니다.")


class CodeRefused(VerificationFailure):
    code = "verification_code_refused"
    sentence = N_("인증번호를 여러 번 잘못 입력해 인증을 중단했습니다.")
    next_step = N_("이전 화면으로 돌아가 새 인증번호를 받아 주세요.")


class CodesSentTooOften(VerificationFailure):
    code = "verification_codes_sent_too_often"
    sentence = N_("인증번호를 너무 많이 요청했습니다.")
    next_step = N_("이전 화면으로 돌아가 한 시간 뒤에 다시 시도해 주세요.")


class PushedTooOften(VerificationFailure):
    code = "verification_pushed_too_often"
    sentence = N_("이 휴대전화 번호로 인증 요청을 너무 많이 보냈습니다.")
    next_step = N_("잠시 후 다시 시도하거나, 이전 화면에서 다른 인증 방법을 선택해 주세요.")


class PushedTooOftenFromHere(VerificationFailure):
    code = "verification_pushed_too_often_from_address"
    sentence = N_("이 인터넷 주소에서 인증 요청을 너무 많이 보냈습니다.")
    next_step = N_("잠시 후 다시 시도하거나, 이전 화면에서 다른 인증 방법을 선택해 주세요.")


class NotIdentified(VerificationFailure):
    code = "verification_not_identified"
    sentence = N_("이 인증 방법만으로는 본인확인이 되지 않습니다.")
    next_step = N_("이전 화면에서 휴대폰 인증이나 간편인증 등 다른 인증 방법을 선택해 주세요.")


class Mismatch(VerificationFailure):
    code = "verification_mismatch"


class NameMismatch(Mismatch):
    code = "verification_name_mismatch"
    sentence = N_("입력한 정보와 명의자 정보가 일치하지 않습니다.")
    next_step = N_("본인 명의의 휴대전화나 인증서인지 확인하고, 이전 화면에서 다시 시도해 주세요.")


class PersonMismatch(Mismatch):
    code = "verification_person_mismatch"
    sentence = N_("확인해야 하는 분과 다른 사람으로 인증되었습니다.")
    next_step = N_("이 신청을 시작한 본인의 인증 수단으로, 이전 화면에서 다시 시도해 주세요.")


class BusinessMismatch(Mismatch):
    code = "verification_business_mismatch"
    sentence = N_("입력한 사업자등록번호와 인증된 사업자가 다릅니다.")
    next_step = N_("사업자등록번호를 다시 확인하거나, 그 사업자의 인증서로 다시 시도해 주세요.")


class HolderMismatch(Mismatch):
    code = "verification_holder_mismatch"
    sentence = N_("이 단계에서 사용할 수 없는 종류의 인증서입니다.")
    next_step = N_("개인회원은 개인용, 기업회원은 사업자용 인증서를 사용해 이전 화면에서 다시 시도해 주세요.")


class ProviderUnavailable(VerificationFailure):
    code = "verification_provider_unavailable"
    sentence = N_("인증기관이 응답하지 않습니다.")
    next_step = N_("잠시 후 다시 시도하거나, 이전 화면에서 다른 인증 방법을 선택해 주세요.")


class ProviderFailed(VerificationFailure):
    code = "verification_provider_failed"
    sentence = N_("인증기관에서 오류가 발생했습니다.")
    next_step = N_("잠시 후 다시 시도하거나, 이전 화면에서 다른 인증 방법을 선택해 주세요.")


class ResultRefused(VerificationFailure):
    code = "verification_result_refused"
    sentence = N_("인증 결과를 확인할 수 없습니다.")


class Forged(ResultRefused):
    code = "verification_result_forged"
    sentence = N_("인증 결과의 위조·변조 여부를 확인하지 못해 받아들이지 않았습니다.")


class Replayed(ResultRefused):
    code = "verification_result_replayed"
    sentence = N_("이미 사용된 인증 결과입니다.")
    next_step = N_("이전 화면으로 돌아가 인증을 새로 시작해 주세요.")


class ForeignResult(ResultRefused):
    code = "verification_result_foreign"
    sentence = N_("다른 인증 요청의 결과가 돌아왔습니다.")
    next_step = N_("다른 창에서 진행 중인 인증이 있으면 닫고, 이전 화면에서 다시 시작해 주세요.")


class StaleResult(ResultRefused):
    code = "verification_result_stale"
    sentence = N_("인증 결과가 너무 늦게 도착했습니다.")
    next_step = N_("이전 화면으로 돌아가 인증을 새로 시작해 주세요.")


class LevelTooLow(ResultRefused):
    code = "verification_level_too_low"


def by_code(code: str) -> type[VerificationFailure]:
    """The failure of this log code; the root where there is none, as after a release that renamed one."""
    return next((failure for failure in every_failure() if failure.code == code), VerificationFailure)


def every_failure(root: type[VerificationFailure] = VerificationFailure) -> Iterator[type[VerificationFailure]]:
    """The whole tree, root first."""
    yield root
    for branch in root.__subclasses__():
        yield from every_failure(branch)
