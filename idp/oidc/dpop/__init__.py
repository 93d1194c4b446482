"""Proof of possession by DPoP. RFC 9449. Owns what a proof must be, that it is used once, and our nonces; hands on
`ProvenKeys`. Knows requests as `idp.oidc.call.Call` only, and never what the proven key is good for.
"""
