"""SAML documents as readable templates. `forge` fills and signs them afresh in every run, so no test outlives a key.

`genuine/` must be accepted. `forged/` holds attacks: each says at its head what it tries, carries a signature that a
bare XML signature check accepts unless it says otherwise, and must be refused.
"""
