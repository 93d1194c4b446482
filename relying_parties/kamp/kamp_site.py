"""The KAMP site: the shared pages, OpenID Connect, a button that tries the tokens, and a SCIM service."""

from __future__ import annotations

from collections.abc import Mapping

from flask.typing import ResponseReturnValue

from relying_parties.kamp.kept_tokens import KeptTokens
from relying_parties.kamp.made_accounts import MadeAccounts
from relying_parties.kamp.scim_service import PATH, ScimService
from relying_parties.openid_connect import connect
from relying_parties.published_keys import KeysUnavailable
from relying_parties.settings import Settings, from_environment
from relying_parties.site import Site
from relying_parties.website import UNREACHABLE, go_home, open_site

DEFAULTS = Settings(
    name="kamp",
    title="인공지능중소벤처 제조플랫폼(KAMP)",
    url="http://127.0.0.1:8102",
    client_id="kamp",
    scope="openid profile email offline_access",
    events_authorization="Bearer demo-kamp-events",
    scim_token="demo-kamp-scim-token",
)


def open_kamp(environment: Mapping[str, str]) -> Site:
    """The whole site, ready to serve."""
    settings = from_environment(DEFAULTS, environment)
    site = open_site(settings, own_state=lambda: {"tokens": tokens.outcomes(), "made_accounts": made.overview()})
    tokens, made = KeptTokens(settings, site.records), MadeAccounts(site.records)
    tokens.prepare()
    made.prepare()

    def check_tokens() -> ResponseReturnValue:
        """For whoever signed in with this browser last, also after the link ended: then the tokens should be dead."""
        row = site.session()
        try:
            if row is None or not tokens.check(row["issuer"], row["subject"]):
                return site.trouble("확인할 토큰이 없습니다. 먼저 통합로그인으로 로그인해 주세요.", 404)
        except KeysUnavailable:
            return site.trouble(UNREACHABLE, 503)
        return go_home()

    site.app.add_url_rule("/tokens/check", "check_tokens", check_tokens, methods=["POST"])
    site.app.register_blueprint(ScimService(made, settings.scim_token, settings.url + PATH).blueprint())
    connect(site, arrived=tokens.keep)
    return site
