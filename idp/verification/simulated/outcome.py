"""What a tester may let happen."""

from __future__ import annotations

from enum import StrEnum

from idp.web.source_words import N_


class Outcome(StrEnum):
    """Approval, and every way to fail that real providers have shown."""

    APPROVE = "approve"
    REFUSE = "refuse"
    CANCEL = "cancel"
    EXPIRE = "expire"
    OTHER_HOLDER = "other_holder"
    PROVIDER_ERROR = "provider_error"
    NO_ANSWER = "no_answer"
    FORGED = "forged"
    REPLAYED = "replayed"
    FOREIGN = "foreign"
    LATE = "late"


WORDS = {
    Outcome.APPROVE: N_("승인"),
    Outcome.REFUSE: N_("거절"),
    Outcome.CANCEL: N_("취소"),
    Outcome.EXPIRE: N_("시간 초과"),
    Outcome.OTHER_HOLDER: N_("다른 사람(사업자) 명의"),
    Outcome.PROVIDER_ERROR: N_("인증기관 오류"),
    Outcome.NO_ANSWER: N_("인증기관 응답 없음"),
    Outcome.FORGED: N_("위조된 결과"),
    Outcome.REPLAYED: N_("이미 사용된 결과"),
    Outcome.FOREIGN: N_("다른 요청의 결과"),
    Outcome.LATE: N_("늦게 도착한 결과"),
}
