"""What members are told by e-mail and SMS. Owns the letters and their words in both languages, the queue of what is yet
to be sent, the sending and its retries, and the ways out: SMTP, an HTTP SMS gateway, files for a demonstration. Hands
on `Post`, which queues inside its caller's transaction, `forget_member`, and `Delivery` for the worker. May not decide
who is told what, knows no member beyond an id, and sends nothing but its own letters.

    Post ──> outgoing_messages ──> Deliver: claim, render ──> a carrier ──> record: sent, later, or given up
             (sealed content)                                               (sealed content destroyed)

At least once: a message keeps its id through every attempt, and its e-mail the `Message-ID` made from it.
"""
