"""pyop, behind one door. Owns what of it we use: the vocabulary of OpenID Connect messages, checked parsing and the
composing of answers. Its state, client authentication, subject lookup and signing stay unused
(docs/decisions/0002). Nothing outside this room imports pyop, oic or jwkest.
"""
