"""What OpenID Connect relying parties call. Owns who of them calls, authorization requests, pushed and signed ones too,
their answers, codes, tokens and what is told of them, the keys they are bound to, grants, claims, discovery, the doors
of registration, RP-initiated logout, and the tokens of relying parties' servers; hands on `MachineCallers`. Asks
`signin` who is there and `links` who that is toward the agency. `engine/` holds pyop. May not decide whether somebody
is signed in.
"""
