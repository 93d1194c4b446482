"""Refusing HEAD where it would act.

Flask answers HEAD by running the view and dropping what it says. Where a GET does something, collects an answer, takes
evidence, signs out, a link checker or a mail program that looks ahead would spend what the person's own click comes too
late for. Where a view shows a page by GET and acts on anything else, HEAD would be a post without form token.
"""

from __future__ import annotations

from flask import Blueprint, Flask, request
from werkzeug.exceptions import MethodNotAllowed


def install(app: Flask) -> None:
    """Answer HEAD with 405 wherever a form may be posted."""

    def refuse() -> None:
        rule = request.url_rule
        if request.method == "HEAD" and rule is not None and "POST" in (rule.methods or ()):
            raise MethodNotAllowed(valid_methods=["GET", "POST"])

    app.before_request(refuse)


def get_only(doors: Blueprint) -> None:
    """Answer HEAD with 405 behind these doors, but for the start page, which machines ask whether we live."""

    def refuse() -> None:
        if request.method == "HEAD" and request.path != "/":
            raise MethodNotAllowed(valid_methods=["GET"])

    doors.before_request(refuse)
