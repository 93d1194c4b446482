"""Proving who a member is. Owns verification transactions, the methods and the evidence they make; hands on
`VerificationDesk`, where other rooms begin a verification and collect its evidence once, and `age`. May not know what
the evidence is for: a purpose and what it is bound to are words of the caller, compared and never read.

    caller ── VerificationRequest ──▶ begin ──▶ /verification/<id> ──▶ return_path ──▶ collect (once) ──▶ Evidence
                                        │             │  ▲
                                        ▼             ▼  │ poll, answer
                                      method ◀────── desk ──▶ weighed, written to the audit, sealed

Nothing that a browser posts becomes evidence: it carries opaque handles, and the server asks the provider.
"""
