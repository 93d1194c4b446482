"""What can go wrong, as one tree. Rooms add their own leaves below `Refusal`.

    IdpError
    ├── ConfigurationError   the operator must mend something before we run
    ├── StoreUnavailable     a database or the expiring store did not answer; trying again may help
    └── Refusal              somebody asked what we will not do; they are told why and what to do next
        ├── BadRequest       400
        ├── NotSignedIn      401
        ├── Forbidden        403
        ├── NotFound         404
        ├── Conflict         409
        └── TooManyAttempts  429

Three fields, never one string: `code` is stable and goes to the log, `public` is for whoever asked,
`detail` is for the operator. None of them may hold personal data or a secret.
"""

from __future__ import annotations

from typing import ClassVar


class IdpError(Exception):
    """The root. `code` names the failure in logs and metrics."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str = "", *, public: str = "") -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.public = public


class ConfigurationError(IdpError):
    """Settings, keys or a registration file cannot be used as they are; `detail` says what to change."""

    code = "configuration_error"


class StoreUnavailable(IdpError):
    """A store did not answer in time."""

    code = "store_unavailable"


class Refusal(IdpError):
    """Something we will not do. `status` is the HTTP status it becomes where HTTP is spoken."""

    code = "refused"
    status: ClassVar[int] = 400


class BadRequest(Refusal):
    code = "bad_request"


class NotSignedIn(Refusal):
    code = "not_signed_in"
    status = 401


class Forbidden(Refusal):
    code = "forbidden"
    status = 403


class NotFound(Refusal):
    code = "not_found"
    status = 404


class Conflict(Refusal):
    code = "conflict"
    status = 409


class TooManyAttempts(Refusal):
    """Asked too often. `retry_after` is in whole seconds."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, detail: str = "", *, public: str = "", retry_after: int = 60) -> None:
        super().__init__(detail, public=public)
        self.retry_after = retry_after

    @property
    def minutes(self) -> int:
        """The same for people: whole minutes, never none."""
        return max(1, -(-self.retry_after // 60))
