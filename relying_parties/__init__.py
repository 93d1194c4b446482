"""Sample relying parties: three agencies' systems that know the identity provider only over HTTP.

Owns voucher and kamp (OpenID Connect) and smtech (SAML), each a process of its own with its own database and cookie,
and the pieces they share. Never imports `idp`: what is here is what an agency's programmer would write.
"""
