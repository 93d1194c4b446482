"""A member's own pages: 나의 정보, 유관기관 목록, 통합회원 탈퇴. Owns the pages; the acts belong to `links` and
`members`. May not see another member's anything: every act takes the member from the session, never from the request.
"""
