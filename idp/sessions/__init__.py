"""Browser sessions. Owns who is signed in at a browser, since when and how, and which relying parties took part;
hands on `Session` and `Sessions`. May not decide whether a session is enough for anything: that is signin's.
"""
