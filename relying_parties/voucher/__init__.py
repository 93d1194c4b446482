"""혁신바우처: signs members in by OpenID Connect as a confidential client, and keeps its own id and password login.

Owns its legacy accounts; nothing the identity provider says can disable them.
"""
