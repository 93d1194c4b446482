"""Ways back in for members who cannot sign in: 아이디 찾기, 비밀번호 재설정, and the proof of an e-mail address.
Owns started recoveries and the links it sends; hands on `AskForProof`. May not tell anybody who was not verified
whether there is a member: what an unknown 아이디 is answered, a known one is answered too, and no sooner or later.

    아이디 ──▶ Recovery ──┬── verification: its evidence is that member's ──┐
                        └── a link to the proven e-mail address ──────────┴──▶ SetNewPassword (once)
"""
