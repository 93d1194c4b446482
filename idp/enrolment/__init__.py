"""Becoming a member: joining, converting an old agency account, and the under-14 path, in six steps. Owns drafts, the
steps and their order, conversion requests, and guardians' decisions with what follows from them until the child is
14; hands on a member who exists, `judge_changes` for the member's own page, and `NoticeTurned14` for the worker. May
not believe anything a browser posts about who somebody is: that comes from `verification`'s evidence, or from the
session of a member, alone.

    1 회원유형 ─▶ 2 약관 동의 ─▶ 3 인증 ─▶ 4 정보입력 ─▶ 5 유관기관 계정 연결 ─▶ 6 완료
"""
