"""Accounts at agencies, made by SCIM 2.0. Owns the requests to agencies' SCIM services, the claim on what is due, the
record of what came back and the worker's loop for it; hands on `Provisioner`. May not decide what is asked for
(`links`), may not address anything but a registered service, and never deletes or disables an account.

    due_parties ──> TakeTurn: settle what came back, claim what is due ──> ReachAgency: MakeAccount or TellAccount ──┐
                       ^                                                                                             │
                       └────────────────────────────────── attempts ────────────────────────────────────────────────┘

A member's profile is opened when it is about to be sent, and not where the link has ended meanwhile. Before an account
is asked for, it is looked for: an answer that never arrived makes no second one.
"""
