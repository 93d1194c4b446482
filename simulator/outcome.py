"""What a tester may let happen."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Approval, and every way to fail that real providers have shown."""

    APPROVE = "approve"
    DELAY = "delay"
    REFUSE = "refuse"
    CANCEL = "cancel"
    EXPIRE = "expire"
    OTHER_HOLDER = "other_holder"
    FORGED = "forged"
    REPLAYED = "replayed"
    FOREIGN = "foreign"
    LATE = "late"
    EARLY = "early"
    PROVIDER_ERROR = "provider_error"
    GARBAGE = "garbage"
    NETWORK = "network"
    SLOW = "slow"


WORDS = {
    Outcome.APPROVE: "승인",
    Outcome.DELAY: "10초 뒤에 승인",
    Outcome.REFUSE: "거절",
    Outcome.CANCEL: "취소",
    Outcome.EXPIRE: "시간 초과",
    Outcome.OTHER_HOLDER: "다른 사람(사업자) 명의",
    Outcome.FORGED: "위조된 결과 (서명·HMAC 불일치)",
    Outcome.REPLAYED: "이미 사용된 결과",
    Outcome.FOREIGN: "다른 요청의 결과",
    Outcome.LATE: "늦게 도착한 결과",
    Outcome.EARLY: "시계가 어긋난 결과 (미래 시각)",
    Outcome.PROVIDER_ERROR: "인증기관 오류 (HTTP 500)",
    Outcome.GARBAGE: "알아볼 수 없는 응답",
    Outcome.NETWORK: "연결 끊김",
    Outcome.SLOW: "응답 없음",
}
