"""What has become of a message."""

from __future__ import annotations

PENDING = "pending"
DELIVERED = "delivered"
REFUSED = "refused"
"""Dead letter: the relying party refused this message itself; it waits for a person."""
EXPIRED = "expired"
"""Given up: it could not be delivered while it still meant something."""
SUPERSEDED = "superseded"
"""Not sent, because a newer message says all that it would have said."""
DROPPED = "dropped"
"""Not sent, because its receiver's stream was disabled: SSF 1.0 §8.1.2.1 forbids to keep it."""
REPLAYED = "replayed"
"""A dead letter that was made anew under another `jti`."""
UNTOLD = (PENDING, REFUSED, DROPPED)
"""What its relying party has not heard and would have to."""
