"""Messages about the stream itself: verification and stream-updated. SSF 1.0 §8.1.4.1, §8.1.5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.signals.catalogue import EventType
from idp.signals.outbox import Notice


def about_stream(
    relying_party_id: str,
    stream_id: str,
    event_type: EventType,
    payload: Mapping[str, Any],
    at: datetime,
    *,
    beside: str | None = None,
) -> Notice:
    """A message whose subject is the stream.

    They wait for each other like any messages of one subject; `beside`, any unique word, lets one go by itself: a
    receiver that fetches and never acknowledges an old verification must still get the one it asked for.
    """
    sub_id = {"format": "opaque", "id": stream_id}
    return Notice(relying_party_id, event_type, beside or stream_id, payload, at, sub_id=sub_id)
