"""What stands between a question and our answer: who is there, must they prove it, do they agree. Owns started
sign-ins, the pages between, and signing out; takes a `SignInRequest` and hands back an `Outcome`. May not know which
protocol asked.

    protocol ── SignInRequest ──▶ begin ──▶ next_step ──▶ Conclude ───────────────▶ Outcome ──▶ protocol
                                              │  ▲            ▲
                                              ▼  │            │ collect (once)
                                            Ask(page) ── 303 ─┘
                                              │  ▲
                                     a page does one thing
"""
