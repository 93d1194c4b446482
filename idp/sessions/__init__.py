"""Browser sessions. Owns who is signed in at a browser, since when and how, what that is worth (`acr`, `amr`,
`auth_time`), which relying parties took part, and the index that finds a member's sessions and those whose end nobody
announced; hands on `Session` and `Sessions`. May not decide whether a session is enough for anything, nor tell anybody:
that is signin's.
"""
