"""A member's own pages: 나의 정보, 유관기관 목록, 인증서 관리, 동의 내역, 로그인 기록, 통합회원 탈퇴. Owns the pages,
the password's change and the ending of sessions from them; the other acts belong to `links`, `members` and `terms`. May
not see another member's anything: every act takes the member from the session, never from the request.
"""
