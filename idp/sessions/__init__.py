"""Browser sessions. Owns who is signed in at a browser, since when and how, which relying parties took part, and the
index that finds a member's sessions and those whose end nobody announced; hands on `Session` and `Sessions`. May not
decide whether a session is enough for anything, nor tell anybody: that is signin's.
"""
