"""Where a receiver fetches its events. RFC 8936."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from prometheus_client import Counter

from idp.oidc.machine_callers import MachineCallers
from idp.oidc.routes.this_call import this_call
from idp.transmitter.routes.answers import ANY, answering_in_json, only, said
from idp.transmitter.routes.management import MANAGE, READ
from idp.transmitter.ssf_metadata import STREAMS_PATH
from idp.transmitter.streams.body import json_object
from idp.transmitter.streams.long_poll import LongPoll
from idp.transmitter.streams.poll_request import PollRequest

_FETCHED = Counter(
    "idp_events_fetched", "Events of receivers that fetch, by what became of them", ("relying_party", "what")
)


@dataclass(frozen=True, slots=True)
class Polling:
    """The address that a stream's `delivery.endpoint_url` names."""

    callers: MachineCallers
    fetch: LongPoll

    def blueprint(self) -> Blueprint:
        """One address a stream."""
        doors = Blueprint("ssf_polling", __name__)
        doors.add_url_rule(f"{STREAMS_PATH}/<stream_id>/poll", view_func=self.poll, methods=ANY)
        return answering_in_json(doors)

    def poll(self, stream_id: str) -> ResponseReturnValue:
        """RFC 8936 §2.4."""
        only("POST")
        who = self.callers(this_call(), READ, MANAGE).relying_party.id
        asked = PollRequest.of(json_object(request.get_data()))
        fetched = self.fetch(who, stream_id, asked)
        for what, count in (
            ("handed_out", fetched.sets),
            ("acknowledged", asked.acknowledged),
            ("refused", asked.refused),
        ):
            _FETCHED.labels(who, what).inc(len(count))
        answer: dict[str, Any] = {"sets": dict(fetched.sets)}
        if fetched.more:
            answer["moreAvailable"] = True
        return said(answer)
