"""The voucher site: the shared pages, OpenID Connect, the agency's own login, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Mapping as Environment
from dataclasses import asdict, dataclass
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from relying_parties.openid_connect import connect
from relying_parties.records import Records, SignedIn
from relying_parties.settings import Settings, from_environment
from relying_parties.site import Site
from relying_parties.voucher.conversion import Conversion, read_roles
from relying_parties.voucher.legacy_accounts import Account, LegacyAccounts
from relying_parties.voucher.mapping import Mapping
from relying_parties.website import go_home, open_site

DEFAULTS = Settings(
    name="voucher",
    title="중소기업혁신플랫폼(혁신바우처)",
    url="http://127.0.0.1:8101",
    client_id="voucher",
    client_secret="demo-voucher-secret-not-for-production",
    scope="openid profile email phone",
    events_authorization="Bearer demo-voucher-events",
    session_minutes="10",
)


@dataclass(frozen=True)
class Voucher:
    """What this site adds to the shared one."""

    site: Site
    accounts: LegacyAccounts
    mapping: Mapping
    conversion: Conversion

    def legacy_login(self) -> ResponseReturnValue:
        """The agency's own login. Whoever has not converted reads on the first page that they may (REQ-03)."""
        if request.method == "GET":
            return render_template("legacy_login.html", failed=False)
        login_id = request.form.get("login_id", "")
        token = self.accounts.sign_in(login_id, request.form.get("password", ""))
        if token is None:
            return render_template("legacy_login.html", failed=True), 401
        self.site.begin_session(token)
        account = self.accounts.account(login_id)
        return redirect("/?from=login", 303) if account and self.conversion.due(account) else go_home()

    def convert(self) -> ResponseReturnValue:
        """[중기원패스 전환 바로가기]: only for the account that is signed in here, by its own password."""
        account = self._legacy_account()
        if account is None:
            return redirect("/legacy-login", 303)
        return redirect(self.conversion.address(account), 303) if self.conversion.due(account) else go_home()

    def my_page(self) -> ResponseReturnValue:
        """마이페이지; from there to the provider's, for whoever came by it (REQ-69)."""
        row = self.site.session()
        if row is None or row["ended_at"] is not None:
            return go_home()
        return render_template("my_page.html", accounts=self.state()["accounts"])

    def arrived(self, arrival: SignedIn, tokens: dict[str, Any]) -> None:
        """A member signed in by the provider, which says at userinfo which of our accounts stand behind the link."""
        self.mapping.told(arrival.issuer, arrival.subject, tokens["released"].get("agency_accounts"))

    def state(self) -> dict[str, Any]:
        """The account or accounts of whoever is signed in, and as which type they are to convert."""
        row = self.site.session()
        if row is None or row["ended_at"] is not None:
            return {"accounts": [], "convert": None}
        if row["origin"] == "integrated":
            accounts = self.mapping.accounts(row["issuer"], row["subject"])
            return {"accounts": [asdict(account) for account in accounts], "convert": None}
        account = self._legacy_account()
        due = self.conversion.due(account) if account else None
        return {"accounts": [asdict(account)] if account else [], "convert": due}

    def _legacy_account(self) -> Account | None:
        row = self.site.session()
        ours = row is not None and row["ended_at"] is None and row["origin"] == "legacy"
        return self.accounts.account(row["subject"]) if row is not None and ours else None


def open_voucher(environment: Environment[str, str]) -> Site:
    """The whole site, ready to serve."""
    settings = from_environment(DEFAULTS, environment)
    records = Records(settings.database_path, session_seconds=settings.session_seconds)
    accounts, mapping = LegacyAccounts(records), Mapping(records)
    accounts.prepare()
    mapping.prepare()
    site = open_site(
        settings,
        legacy_login="/legacy-login",
        my_page="/mypage",
        own_state=lambda: voucher.state(),  # noqa: PLW0108 - made below, from this site
        applied=mapping.heard,
        records=records,
    )
    voucher = Voucher(site, accounts, mapping, Conversion(settings, records, mapping, read_roles()))
    site.app.add_url_rule("/legacy-login", "legacy_login", voucher.legacy_login, methods=["GET", "POST"])
    site.app.add_url_rule("/conversion", "conversion", voucher.convert)
    site.app.add_url_rule("/mypage", "my_page", voucher.my_page)
    connect(site, arrived=voucher.arrived)
    return site
