"""What every shape is played with, and the ways in which any provider can be out of order."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from flask import Response, abort, request

from simulator.keys import Keys
from simulator.outcome import Outcome
from simulator.people import Person, people
from simulator.requests_at_hand import Asked, Requests

KOREA = timezone(timedelta(hours=9))


@dataclass(frozen=True)
class Stage:
    """Keys, requests, the time, and where we and the asker are."""

    url: str
    return_to: str
    """The identity provider's address: browsers are sent back below it and nowhere else."""
    keys: Keys
    requests: Requests
    now: Callable[[], datetime]
    slow: timedelta
    """How long an answer takes that shall come too late."""
    certificates: Path | None = None
    """Where a laboratory's certificates lie, a folder each; without them nothing is signed."""

    def everybody(self) -> Mapping[str, Person]:
        """Whom we vouch for, by code, as old as they are today."""
        return people(self.now().astimezone(KOREA).date())

    def person(self, code: str) -> Person:
        return self.everybody()[code]

    def known(self, name: str, birthday: str, phone: str) -> Person | None:
        """Who has these three, as a real provider knows its customers."""
        found = self.everybody().values()
        return next((each for each in found if (each.name, each.birthday, each.phone) == (name, birthday, phone)), None)

    def may_return_to(self, address: str) -> bool:
        return address.startswith(f"{self.return_to}/") and address.isprintable() and "\\" not in address

    def out_of_order(self, asked: Asked) -> Response | None:
        """The answer of a provider that does not work, if the tester chose one."""
        match asked.outcome:
            case Outcome.PROVIDER_ERROR:
                abort(500)
            case Outcome.GARBAGE:
                return Response("<!doctype html><p>점검 중입니다</p>", mimetype="text/html")
            case Outcome.SLOW:
                time.sleep(self.slow.total_seconds())
            case Outcome.NETWORK:
                return _hang_up()
        return None


def said() -> Mapping[str, Any]:
    """The JSON object that was sent, or an empty one."""
    content = request.get_json(silent=True)
    return content if isinstance(content, dict) else {}


def _hang_up() -> Response:
    held = request.environ.get("werkzeug.socket")
    if isinstance(held, socket.socket):
        held.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
