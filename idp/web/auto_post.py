"""A page that posts itself to a relying party: how SAML answers travel. SAML V2.0 Bindings §3.5."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, make_response, render_template

from idp.web.headers import allow_form_targets


def auto_post(action: str, fields: Sequence[tuple[str, str]], target_name: str) -> Response:
    """The page. `action` must come from the registry, never from the request; without scripts it shows a button."""
    allow_form_targets(action)
    return make_response(render_template("web/post.html", action=action, fields=fields, target_name=target_name))
