"""Clients that register themselves (RFC 7591, RFC 7592, OpenID Connect Dynamic Registration). Owns the initial access
tokens that an operator makes for one agency, the policy each carries, and what its holders register, change and end.
Reads client metadata with the eyes of the files. May not answer HTTP.
"""
