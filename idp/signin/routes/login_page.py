"""The frame that both tabs of the login page share."""

from __future__ import annotations

from typing import Literal

from flask import render_template, url_for

from idp.agencies.relying_party import RelyingParty
from idp.signin.pending import Pending
from idp.web import allow_form_targets


def login_page(
    tab: Literal["password", "enterprise"], pending: Pending, party: RelyingParty | None, **shown: object
) -> str:
    """The login page with one of its tabs open. Its way home is the registered one of whoever asked (REQ-44, C24)."""
    allow_ending_of(pending)
    home = party.home if party is not None else None
    return render_template(
        f"signin/{tab}.html",
        member_type="person" if tab == "password" else "enterprise",
        page_path=url_for("signin.show", pending_id=pending.id),
        form_action=url_for(f"signin.{tab}", pending_id=pending.id),
        relying_party_name=party.name if party is not None else None,
        join_url=f"/join/?sign_in={pending.id}",
        home_url=home.value if home is not None else "/",
        home_name=party.name if party is not None else None,
        **shown,
    )


def allow_ending_of(pending: Pending) -> None:
    """A post from this page ends, redirect by redirect, at the relying party's registered address."""
    if pending.request.continues_at is not None:
        allow_form_targets(pending.request.continues_at)
