"""Adding subjects to a stream and removing them. SSF 1.0 §8.1.3.

Whoever is linked with an agency is in its streams without being added. Removed, they are heard of no more beyond what
the agency must know: that a link or an account has ended is told all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.audit.actions import Action
from idp.audit.actor import agency_system
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.links import store as links
from idp.signals import muted
from idp.storage.database import Database
from idp.transmitter.streams.body import stream_id_in
from idp.transmitter.streams.held_party import held_party
from idp.transmitter.streams.refusals import InvalidStreamRequest
from idp.transmitter.streams.stream_document import named_stream

_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "account": ("uri",),
    "did": ("url",),
    "email": ("email",),
    "iss_sub": ("iss", "sub"),
    "jwt_id": ("iss", "jti"),
    "opaque": ("id",),
    "phone_number": ("phone_number",),
    "saml_assertion_id": ("issuer", "assertion_id"),
    "uri": ("uri",),
}
"""Formats of RFC 9493 §3.2 and SSF 1.0 §3.4, and the strings each must have."""
_STRUCTURED: Final = frozenset({"aliases", "complex", "ip-addresses", "scim"})
_LONGEST = 2048


@dataclass(frozen=True, slots=True)
class Subjects:
    """Takes subjects out of a stream and back in.

    A subject that we do not know is answered like one that we know: else anybody with a stream could ask us who our
    members are (SSF 1.0 §9.1).
    """

    database: Database
    clock: Clock
    issuer: str

    def add(self, relying_party_id: str, body: Mapping[str, Any]) -> None:
        """Let everything be told of the subject again. SSF 1.0 §8.1.3.2.

        Raises:
            InvalidStreamRequest: `subject` is none, or `verified` no truth value.
            NoSuchStream: it is not there, or not yours.
        """
        if not isinstance(body.get("verified", True), bool):
            raise InvalidStreamRequest("verified must be true or false")
        self._move(relying_party_id, body, out=False)

    def remove(self, relying_party_id: str, body: Mapping[str, Any]) -> None:
        """Let nothing be told of the subject beyond what must be. SSF 1.0 §8.1.3.3.

        Raises:
            InvalidStreamRequest: `subject` is none.
            NoSuchStream: it is not there, or not yours.
        """
        self._move(relying_party_id, body, out=True)

    def _move(self, relying_party_id: str, body: Mapping[str, Any], *, out: bool) -> None:
        stream_id, subject = stream_id_in(body), self._ours(body.get("subject"))
        now = self.clock.now()
        with self.database.transaction() as connection:
            party, _ = held_party(connection, relying_party_id)
            named_stream(party, stream_id)
            if subject is None or links.owner(connection, party.agency.id, subject) is None:
                return
            if out:
                changed = muted.mute(connection, party.id, subject, now)
            else:
                changed = muted.unmute(connection, party.id, subject)
            if changed:
                action = Action.STREAM_SUBJECT_REMOVED if out else Action.STREAM_SUBJECT_ADDED
                actor = str(agency_system(party.id))
                record(connection, Record(now, action, actor, None, party.agency.id, party.id))

    def _ours(self, subject: Any) -> str | None:
        """The subject of ours that is named; None where it can be nobody here.

        Raises:
            InvalidStreamRequest: it is no subject identifier.
        """
        kind = subject.get("format") if isinstance(subject, dict) else None
        if not isinstance(kind, str) or kind not in _MEMBERS.keys() | _STRUCTURED:
            raise InvalidStreamRequest("subject must be a subject identifier with a format")
        for name in _MEMBERS.get(kind, ()):
            if not isinstance(subject.get(name), str) or not 0 < len(subject[name]) <= _LONGEST:
                raise InvalidStreamRequest(f"subject.{name} must be a string")
        return subject["sub"] if kind == "iss_sub" and subject["iss"] == self.issuer else None
