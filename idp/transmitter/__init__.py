"""Account events on their way out. Owns the messages' form and signature, the claim on outbox rows, the sending, the
record of every attempt, holding and replaying, the expanding of bulk work, the worker's loop and the transmitter's
metadata, and asking agencies before a member leaves; `streams/` is its receivers' side. Hands on `Worker`, `hold`,
`resume`, `drop_pending`, `Replay` and doors. May not decide what must be told (`signals`), may not address anything but
a registered URL, and holds no transaction or connection while it waits for somebody's answer.

    due_lanes ──> TakeTurn: settle what came back, claim what is due ──> set_token + jws ──> Deliver ──> judge ──┐
                     ^                                                                                           │
                     └──────────────────────────────────────── attempts ─────────────────────────────────────────┘

At least once: a message keeps its `jti` from the outbox row through every attempt, and only the answer of its receiver
settles it. A worker that dies leaves leases behind; when they end, another takes the rows.
"""
