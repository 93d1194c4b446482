"""Ways back in for members who cannot sign in: 아이디 찾기, 비밀번호 재설정, and the proof of an e-mail address. Owns started
recoveries and the links it sends; hands on `AskForProof`, for whoever learns an address. May not tell anybody who was not
verified whether there is a member: whatever an unverified 아이디 is answered, it is answered always, and as fast.

    아이디 ──▶ Recovery ──┬── verification ──▶ evidence is that member's ──▶ proven ──┐
                        └── link to the proven e-mail address ─────────────────────┴──▶ SetNewPassword (once)
"""
