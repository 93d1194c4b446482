"""Becoming a member: joining, converting an old agency account, and the under-14 path, in six steps. Owns drafts, the
steps and their order, conversion requests and guardians' decisions; hands on nothing but a member who exists. May not
believe anything a browser posts about who somebody is: that comes from `verification`'s evidence alone.

    1 회원유형 ─▶ 2 약관 동의 ─▶ 3 인증 ─▶ 4 정보입력 ─▶ 5 유관기관 계정 연결 ─▶ 6 완료
"""
