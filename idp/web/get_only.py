"""Refusing HEAD where it would act.

Flask answers HEAD by running the view and dropping what it says. Where a GET does something, collects an answer, takes
evidence, signs out, a link checker or a mail program that looks ahead would spend what the person's own click comes too
late for. Where a view shows a page by GET and acts on anything else, HEAD would be a post without form token.
"""

from __future__ import annotations

from flask import Blueprint, Flask, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import MethodNotAllowed

_DOORS = "get_only"


def install(app: Flask) -> None:
    """Answer HEAD with 405 wherever a form may be posted, and behind every door that is `get_only`."""
    open_to_head: dict[str | None, str] = app.extensions.setdefault(_DOORS, {})

    def refuse() -> None:
        rule = request.url_rule
        if request.method != "HEAD" or rule is None:
            return
        methods = {"GET", "POST"} & (rule.methods or set())
        behind = request.blueprint in open_to_head and rule.endpoint != open_to_head[request.blueprint]
        if behind or "POST" in methods:
            raise MethodNotAllowed(valid_methods=sorted(methods))

    app.before_request(refuse)


def get_only(doors: Blueprint, *, but: str = "") -> None:
    """Refuse HEAD behind these doors, but for the one view that machines may ask for."""

    def note(state: BlueprintSetupState) -> None:
        state.app.extensions.setdefault(_DOORS, {})[doors.name] = f"{doors.name}.{but}"

    doors.record(note)
