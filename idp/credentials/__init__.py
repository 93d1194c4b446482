"""What a member signs in with. Owns passwords and attempt limits, and later certificates, passkeys, TOTP and recovery
codes; hands on `PasswordHasher`, `password_policy.why_not`, `AttemptLimits` and the queries of `store`.

Decides whether a credential is right, never who may sign in with it or what it is worth: that is `signin`'s. Knows
members by their internal id only. What it stores cannot be turned back into what a member typed.
"""
