"""What OpenID Connect relying parties call. Owns authorization requests and answers, codes, tokens, grants, claims,
discovery and RP-initiated logout; asks `signin` who is there and `links` who that is toward the agency. `engine/` holds
pyop. May not decide whether somebody is signed in.
"""
