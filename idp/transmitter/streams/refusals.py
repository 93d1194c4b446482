"""What a receiver is refused. SSF 1.0 §8.1.1–8.1.4.

    InvalidStreamRequest   400   not JSON, or something in it that cannot be
    StreamNotYours         403   its operator registered it otherwise
    NoSuchStream           404   unknown, deleted, or another's: nobody learns which
    StreamExists           409   one stream a relying party
    VerifiedTooOften       429   sooner than `min_verification_interval`

Descriptions name properties, never values.
"""

from __future__ import annotations

from idp.errors import BadRequest, Conflict, Forbidden, NotFound, TooManyAttempts


class InvalidStreamRequest(BadRequest):
    code = "invalid_stream_request"


class StreamNotYours(Forbidden):
    code = "stream_not_yours"


class NoSuchStream(NotFound):
    code = "no_such_stream"


class StreamExists(Conflict):
    code = "stream_exists"


class VerifiedTooOften(TooManyAttempts):
    code = "verified_too_often"
