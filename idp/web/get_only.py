"""Refusing HEAD where a GET does something: collects an answer, takes evidence, signs out.

Flask answers HEAD by running the view and dropping what it says. A link checker, or a mail program that looks ahead,
would then spend what the person's own click comes too late for.
"""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.exceptions import MethodNotAllowed


def get_only(doors: Blueprint) -> None:
    """Answer HEAD with 405 behind these doors, but for the start page, which machines ask whether we live."""

    def refuse() -> None:
        if request.method == "HEAD" and request.path != "/":
            raise MethodNotAllowed(valid_methods=["GET"])

    doors.before_request(refuse)
