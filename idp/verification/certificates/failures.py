"""How a certificate can fail, beside what every verification can: a leaf for each check (korean-identity rules §1.6).

VerificationFailure
└── CertificateFailure
    ├── AnswerMalformed         what was posted is not a signature at all
    ├── SignedDataRefused       CMS, but not of one signer over one text
    ├── ForeignChallenge        it signs another text than ours
    ├── ChallengeExpired        it signs ours too late
    ├── SignatureInvalid        the key of the certificate did not make it
    ├── CertificateMalformed    the certificate cannot be read
    ├── AuthorityAsSigner       it belongs to an authority, not to a member
    ├── IssuerUnknown           no authority of ours issued it
    ├── ChainRefused            an authority above it may not have issued it
    ├── CertificateExpired
    ├── CertificateNotYetValid
    ├── AlgorithmWeak           SHA-1, a short key, another curve
    ├── UsageRefused            not made for signing and for standing by what is signed
    ├── PolicyUnknown           of no kind in the table
    ├── PolicyDisabled          of a kind that the operator did not enable
    ├── CertificateRevoked
    ├── RevocationUnknown       whether it is revoked could not be found out
    │   ├── RevocationByLdapOnly    its list lies at an ldap server that nobody mirrors here
    │   └── ResponderForeign        its responder has its certificate from another authority
    ├── HolderUnnamed           no realName, or no VID where one is needed
    └── RandomMissing           R did not come with it
BusinessMismatch
└── VidMismatch                 the certificate of another 사업자등록번호
"""

from __future__ import annotations

from idp.verification.failures import BusinessMismatch, VerificationFailure
from idp.web.source_words import N_

_ANOTHER = N_("다른 인증서를 선택하거나, 이전 화면에서 다른 인증 방법을 선택해 주세요.")
_RENEW = N_("인증서를 발급한 인증기관에서 갱신하거나 재발급받은 다음 다시 시도해 주세요.")


class CertificateFailure(VerificationFailure):
    code = "certificate_failed"
    sentence = N_("인증서로 확인하지 못했습니다.")


class AnswerMalformed(CertificateFailure):
    code = "certificate_answer_malformed"
    sentence = N_("전자서명 데이터를 읽을 수 없습니다.")
    next_step = N_("인증서 파일이 손상되지 않았는지 확인하고, 이전 화면에서 다시 시도해 주세요.")


class SignedDataRefused(CertificateFailure):
    code = "certificate_signed_data_refused"
    sentence = N_("전자서명의 형식이 올바르지 않습니다.")


class ForeignChallenge(CertificateFailure):
    code = "certificate_challenge_foreign"
    sentence = N_("이 화면에서 요청한 전자서명이 아닙니다.")
    next_step = N_("다른 창에서 진행 중인 인증이 있으면 닫고, 이전 화면에서 다시 시작해 주세요.")


class ChallengeExpired(CertificateFailure):
    code = "certificate_challenge_expired"
    sentence = N_("전자서명 시간이 지났습니다.")
    next_step = N_("이전 화면으로 돌아가 다시 시작해 주세요. 인증 화면을 연 다음 3분 안에 서명해야 합니다.")


class SignatureInvalid(CertificateFailure):
    code = "certificate_signature_invalid"
    sentence = N_("전자서명이 인증서와 맞지 않습니다.")
    next_step = N_("인증서 파일과 개인키 파일이 같은 인증서의 것인지 확인하고, 이전 화면에서 다시 시도해 주세요.")


class CertificateMalformed(CertificateFailure):
    code = "certificate_malformed"
    sentence = N_("인증서를 읽을 수 없습니다.")
    next_step = N_("인증서 파일(signCert.der)이 손상되지 않았는지 확인하고, 이전 화면에서 다시 시도해 주세요.")


class AuthorityAsSigner(CertificateFailure):
    code = "certificate_is_of_authority"
    sentence = N_("인증기관의 인증서로는 인증할 수 없습니다.")
    next_step = _ANOTHER


class IssuerUnknown(CertificateFailure):
    code = "certificate_issuer_unknown"
    sentence = N_("이 서비스에서 인정하는 인증기관이 발급한 인증서가 아닙니다.")
    next_step = _ANOTHER


class ChainRefused(CertificateFailure):
    code = "certificate_chain_refused"
    sentence = N_("인증서를 발급한 인증기관을 확인할 수 없습니다.")
    next_step = _ANOTHER


class CertificateExpired(CertificateFailure):
    code = "certificate_expired"
    sentence = N_("유효기간이 지난 인증서입니다.")
    next_step = _RENEW


class CertificateNotYetValid(CertificateFailure):
    code = "certificate_not_yet_valid"
    sentence = N_("아직 유효기간이 시작되지 않은 인증서입니다.")
    next_step = N_("인증서의 유효기간을 확인하고, 유효기간이 시작된 다음 다시 시도해 주세요.")


class AlgorithmWeak(CertificateFailure):
    code = "certificate_algorithm_weak"
    sentence = N_("더 이상 안전하지 않은 암호 방식의 인증서입니다.")
    next_step = _RENEW


class UsageRefused(CertificateFailure):
    code = "certificate_usage_refused"
    sentence = N_("전자서명에 사용할 수 없는 인증서입니다.")
    next_step = N_("암호화용(kmCert)이 아닌 서명용(signCert) 인증서를 선택해 다시 시도해 주세요.")


class PolicyUnknown(CertificateFailure):
    code = "certificate_policy_unknown"
    sentence = N_("이 서비스에서 사용할 수 없는 종류의 인증서입니다.")
    next_step = N_("범용 공동인증서 또는 금융인증서로 다시 시도해 주세요.")


class PolicyDisabled(CertificateFailure):
    code = "certificate_policy_disabled"
    sentence = N_("용도가 제한된 인증서로는 이 서비스를 이용할 수 없습니다.")
    next_step = N_("범용 공동인증서 또는 금융인증서로 다시 시도해 주세요.")


class CertificateRevoked(CertificateFailure):
    code = "certificate_revoked"
    sentence = N_("폐지되었거나 효력이 정지된 인증서입니다.")
    next_step = N_("인증서를 발급한 인증기관에서 재발급받거나 효력을 회복한 다음 다시 시도해 주세요.")


class RevocationUnknown(CertificateFailure):
    code = "certificate_revocation_unknown"
    sentence = N_("인증서가 폐지되었는지 지금은 확인할 수 없습니다.")
    next_step = N_("잠시 후 다시 시도하거나, 이전 화면에서 다른 인증 방법을 선택해 주세요.")


class RevocationByLdapOnly(RevocationUnknown):
    code = "certificate_revocation_by_ldap_only"
    sentence = N_("이 인증서의 폐지 목록은 이 서비스에서 조회할 수 없는 곳에 있습니다.")
    next_step = _ANOTHER


class ResponderForeign(RevocationUnknown):
    code = "certificate_responder_foreign"
    sentence = N_("이 인증서의 상태를 알려 준 서버를 이 서비스에서 확인할 수 없습니다.")
    next_step = _ANOTHER


class HolderUnnamed(CertificateFailure):
    code = "certificate_holder_unnamed"
    sentence = N_("인증서에 소유자를 확인할 수 있는 정보가 없습니다.")
    next_step = _ANOTHER


class RandomMissing(CertificateFailure):
    code = "certificate_random_missing"
    sentence = N_("인증서의 소유자를 확인하는 값이 전달되지 않았습니다.")
    next_step = N_("인증서와 개인키를 함께 선택해 이전 화면에서 다시 시도해 주세요.")


class VidMismatch(BusinessMismatch):
    code = "certificate_vid_mismatch"
    sentence = N_("입력한 사업자등록번호의 인증서가 아닙니다.")
    next_step = N_("사업자등록번호를 다시 확인하거나, 그 사업자의 인증서로 다시 시도해 주세요.")
