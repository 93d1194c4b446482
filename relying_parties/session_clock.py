"""How long the session at this site still lasts: shown on every page, prolonged by every page and by [연장]."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from flask import jsonify, redirect, request
from flask.typing import ResponseReturnValue

from relying_parties.records import LONGEST_SESSION_SECONDS
from relying_parties.site import Site

# Asked for by programs, not by whoever sits before the screen: they say nothing of the member still being there.
_NOT_OPENED_BY_A_PERSON = ("static", "state", "healthz", "session_left", None)


@dataclass(frozen=True)
class Remaining:
    """What is left of a session."""

    seconds: int
    final: bool
    """The longest time is reached: 연장 would add nothing."""

    @property
    def words(self) -> str:
        return f"{self.seconds // 60:02}분 {self.seconds % 60:02}초"


def remaining(site: Site) -> Remaining | None:
    """What is left of this browser's session; None when there is none."""
    row = site.session()
    if row is None or row["ended_at"] is not None:
        return None
    final = row["ends_at"] >= row["started_at"] + LONGEST_SESSION_SECONDS
    return Remaining(max(0, math.ceil(row["ends_at"] - site.records.now())), final)


def add_session_clock(site: Site) -> None:
    """Count opened pages as use, and add the routes that look and prolong."""

    def count_as_use() -> None:
        if request.method == "GET" and request.endpoint not in _NOT_OPENED_BY_A_PERSON:
            site.prolong()

    def left() -> ResponseReturnValue:
        return jsonify(_told(remaining(site)))

    def extend() -> ResponseReturnValue:
        site.prolong()
        if request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json":
            return jsonify(_told(remaining(site)))
        return redirect(_own_page(site, request.form.get("back", "")), 303)

    site.app.before_request(count_as_use)
    site.app.add_url_rule("/session", "session_left", left)
    site.app.add_url_rule("/session/extend", "extend_session", extend, methods=["POST"])


def _told(left: Remaining | None) -> dict[str, Any]:
    return {"left": left.seconds, "final": left.final} if left else {"left": 0, "final": True}


def _own_page(site: Site, path: str) -> str:
    """`path` if it is a page of ours: a form's field must lead nowhere else."""
    pages = {
        rule.rule for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments
    }
    return path if path in pages else "/"
