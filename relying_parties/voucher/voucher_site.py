"""The voucher site: the shared pages, OpenID Connect, and the agency's own login."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, request
from flask.typing import ResponseReturnValue

from relying_parties.openid_connect import connect
from relying_parties.settings import Settings, from_environment
from relying_parties.voucher.legacy_accounts import LegacyAccounts
from relying_parties.website import Site, go_home, open_site

DEFAULTS = Settings(
    name="voucher",
    title="중소기업혁신플랫폼(혁신바우처)",
    url="http://127.0.0.1:8101",
    client_id="voucher",
    client_secret="demo-voucher-secret-not-for-production",
    scope="openid profile email phone",
    events_authorization="Bearer demo-voucher-events",
)


def open_voucher(environment: Mapping[str, str]) -> Site:
    """The whole site, ready to serve."""
    site = open_site(from_environment(DEFAULTS, environment), legacy_login="/legacy-login")
    accounts = LegacyAccounts(site.records)
    accounts.prepare()

    def legacy_login() -> ResponseReturnValue:
        if request.method == "GET":
            return render_template("legacy_login.html", failed=False)
        token = accounts.sign_in(request.form.get("login_id", ""), request.form.get("password", ""))
        if token is None:
            return render_template("legacy_login.html", failed=True), 401
        site.begin_session(token)
        return go_home()

    site.app.add_url_rule("/legacy-login", "legacy_login", legacy_login, methods=["GET", "POST"])
    connect(site)
    return site
