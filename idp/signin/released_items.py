"""What a member is asked to release, in their own words (PIPA §17 ②: items and purpose before consent)."""

from __future__ import annotations

from flask_babel import gettext as _


def items(scopes: frozenset[str], *, person: bool) -> list[tuple[str, str]]:
    """Item and purpose for each scope that releases something."""
    identify = _("서비스 이용자 식별")
    known = {
        "openid": (_("이 기관 전용 회원 식별값, 회원 유형, 로그인 시각과 방법"), identify),
        "profile": (_("이름") if person else _("회사명"), _("서비스 화면 표시와 이용자 확인")),
        "email": (_("이메일"), _("신청 결과 등 안내 발송")),
        "phone": (_("휴대전화번호") if person else _("대표 전화번호"), _("신청 결과 등 안내 발송")),
        "enterprise": (_("사업자등록번호, 회사명, 대표자명, 설립일"), _("지원사업 자격 확인")),
        "identity": (_("본인확인 결과"), _("본인 여부 확인")),
        "offline_access": (_("로그아웃한 뒤에도 위 정보를 다시 조회할 수 있는 권한"), _("처리 중인 신청의 정보 갱신")),
    }
    skipped = {"enterprise"} if person else set()
    return [known[scope] for scope in known if scope in scopes and scope not in skipped]
