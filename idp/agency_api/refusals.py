"""What this room refuses. Unlike elsewhere `detail` is for whoever called: it names parameters and lines, never values.

ApiRefusal
├── BadQuery         a parameter of the address cannot be used
├── InvalidCursor    a cursor that we did not give for this list
├── BadBody          what was sent is not what is taken here
├── BadLine          one line of an upload is not; says which
├── UnsupportedBody  415
├── BodyTooLarge     413
├── UnknownAddress   404
├── UnknownLink      404, another agency's link included
└── WrongMethod      405
"""

from __future__ import annotations

from idp.errors import Refusal


class ApiRefusal(Refusal):
    """`title` is the same for every problem of one type. RFC 9457 §3.1.3."""

    code = "api_refusal"
    title = "Refused"


class BadQuery(ApiRefusal):
    code = "bad_query"
    title = "A parameter of the address cannot be used"


class InvalidCursor(ApiRefusal):
    code = "invalid_cursor"
    title = "The cursor was not given for this list"


class BadBody(ApiRefusal):
    code = "bad_body"
    title = "The body cannot be used"


class BadLine(ApiRefusal):
    """`line` counts from 1."""

    code = "bad_line"
    title = "A line of the upload cannot be used"

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(f"line {line}: {detail}")
        self.line = line
        self.why = detail


class CutOff(ApiRefusal):
    """A list that lost its end reads as a shorter list."""

    code = "upload_cut_off"
    title = "The upload ended early"


class LengthRequired(ApiRefusal):
    """Only a length that was said beforehand tells an upload from the beginning of one."""

    code = "length_required"
    title = "Say how long the body is (Content-Length)"
    status = 411


class UnsupportedBody(ApiRefusal):
    code = "unsupported_body"
    title = "This media type is not taken here"
    status = 415


class BodyTooLarge(ApiRefusal):
    code = "body_too_large"
    title = "The body is too large"
    status = 413


class UnknownAddress(ApiRefusal):
    code = "unknown_address"
    title = "There is nothing at this address"
    status = 404


class UnknownLink(ApiRefusal):
    code = "unknown_link"
    title = "Your agency has no such link"
    status = 404


class WrongMethod(ApiRefusal):
    """`allowed` are the methods of the address. RFC 9110 §15.5.6."""

    code = "wrong_method"
    title = "The address does not take this method"
    status = 405

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(f"takes {', '.join(allowed)}")
        self.allowed = allowed
