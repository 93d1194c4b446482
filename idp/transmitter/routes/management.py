"""What a receiver does to its stream. SSF 1.0 §8.1; who calls is asked before what is wanted is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from idp.oidc.call_limit import CallLimit
from idp.oidc.machine_callers import MachineCallers
from idp.oidc.routes.this_call import this_call
from idp.transmitter.routes.answers import ANY, answering_in_json, nothing, only, said
from idp.transmitter.ssf_metadata import (
    ADD_SUBJECT_PATH,
    REMOVE_SUBJECT_PATH,
    STATUS_PATH,
    STREAMS_PATH,
    VERIFICATION_PATH,
)
from idp.transmitter.streams.body import json_object
from idp.transmitter.streams.configure import ConfigureStream
from idp.transmitter.streams.refusals import InvalidStreamRequest
from idp.transmitter.streams.status import Status
from idp.transmitter.streams.subjects import Subjects
from idp.transmitter.streams.verify import Verify

READ, MANAGE = "ssf.read", "ssf.manage"


@dataclass(frozen=True, slots=True)
class Management:
    """The endpoints that our metadata names."""

    callers: MachineCallers
    limit: CallLimit
    configure: ConfigureStream
    status_of: Status
    subjects: Subjects
    verify: Verify

    def blueprint(self) -> Blueprint:
        """Streams, status, subjects and verification."""
        doors = Blueprint("ssf_management", __name__)
        doors.add_url_rule(STREAMS_PATH, view_func=self.streams, methods=ANY)
        doors.add_url_rule(STATUS_PATH, view_func=self.status, methods=ANY)
        doors.add_url_rule(ADD_SUBJECT_PATH, view_func=self.add_subject, methods=ANY)
        doors.add_url_rule(REMOVE_SUBJECT_PATH, view_func=self.remove_subject, methods=ANY)
        doors.add_url_rule(VERIFICATION_PATH, view_func=self.verification, methods=ANY)
        return answering_in_json(doors)

    def streams(self) -> ResponseReturnValue:
        """The configuration endpoint. SSF 1.0 §8.1.1."""
        only(*ANY)
        if request.method == "GET":
            who, stream_id = self._caller(READ, MANAGE), _stream_id_asked()
            return said(self.configure.read_all(who) if stream_id is None else self.configure.read(who, stream_id))
        who = self._caller(MANAGE)
        if request.method == "DELETE":
            stream_id = _stream_id_asked()
            if stream_id is None:
                raise InvalidStreamRequest("stream_id is missing")
            self.configure.delete(who, stream_id)
            return nothing()
        body = json_object(request.get_data())
        if request.method == "POST":
            return said(self.configure.create(who, body), 201)
        return said(self.configure.change(who, body, replace=request.method == "PUT"))

    def status(self) -> ResponseReturnValue:
        """SSF 1.0 §8.1.2."""
        only("GET", "POST")
        if request.method == "GET":
            who, stream_id = self._caller(READ, MANAGE), _stream_id_asked()
            if stream_id is None:
                raise InvalidStreamRequest("stream_id is missing")
            return said(self.status_of.read(who, stream_id))
        return said(self.status_of.change(self._caller(MANAGE), _body_with_stream_id()))

    def add_subject(self) -> ResponseReturnValue:
        """SSF 1.0 §8.1.3.2."""
        only("POST")
        self.subjects.add(self._caller(MANAGE), json_object(request.get_data()))
        return nothing(200)

    def remove_subject(self) -> ResponseReturnValue:
        """SSF 1.0 §8.1.3.3."""
        only("POST")
        self.subjects.remove(self._caller(MANAGE), json_object(request.get_data()))
        return nothing()

    def verification(self) -> ResponseReturnValue:
        """SSF 1.0 §8.1.4.2."""
        only("POST")
        self.verify(self._caller(MANAGE), json_object(request.get_data()))
        return nothing()

    def _caller(self, *scopes: str) -> str:
        who = self.callers(this_call(), *scopes).relying_party.id
        # Each change is a row of the audit and a new look at the catalogue for every server.
        self.limit(who)
        return who


def _stream_id_asked() -> str | None:
    """The `stream_id` of the query.

    Raises:
        InvalidStreamRequest: it is there twice, and who says which counts?
    """
    given = request.args.getlist("stream_id")
    if len(given) > 1:
        raise InvalidStreamRequest("stream_id is repeated")
    return given[0] if given else None


def _body_with_stream_id() -> dict[str, Any]:
    """The body; a `stream_id` in the query must agree with the one in it, or stands for it.

    Raises:
        InvalidStreamRequest: the body is no JSON object, or the two differ.
    """
    body, asked = json_object(request.get_data()), _stream_id_asked()
    if asked is not None and body.setdefault("stream_id", asked) != asked:
        raise InvalidStreamRequest("stream_id is two different ones")
    return body
