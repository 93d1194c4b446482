"""What a member signs in with. Owns passwords, certificates, passkeys, the codes of apps, recovery codes, the browsers
a member is known at, and attempt limits; hands on `PasswordHasher`, `password_policy.why_not`, `AttemptLimits` and the
queries on each.

Decides whether a credential is right, never who may sign in with it or what it is worth: that is `signin`'s. Knows
members by their internal id only. What it stores cannot be turned back into what a member typed.
"""
