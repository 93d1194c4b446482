"""What members are asked to agree to. Owns the documents, their versions and every choice made about them; hands on
which documents a member has yet to answer and the verb that keeps the answers. May not decide what follows from an
answer. Consent to what one relying party receives is `links`' own.
"""
