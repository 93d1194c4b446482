"""The sample's SCIM service, asked by what strangers wrote: scim2-client, scim2-tester and scim2-models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_models import ResourceType, ScimProvider, ServiceProviderConfig, User
from scim2_tester import Status, check_server
from werkzeug.test import Client

from relying_parties.kamp.kamp_site import open_kamp
from relying_parties.kamp.scim_patch import PATCH, BadPatch, patched
from relying_parties.kamp.scim_service import USER
from relying_parties.site import Site

KNOWN: Any = User
TOKEN = "of-this-test-and-no-other"


@pytest.fixture
def kamp(tmp_path: Path) -> Site:
    return open_kamp({"KAMP_DATABASE": str(tmp_path / "kamp.db"), "KAMP_SCIM_TOKEN": TOKEN})


@pytest.fixture
def client(kamp: Site) -> Any:
    """A stranger that knows users."""
    provider = ScimProvider([KNOWN], [ResourceType.from_resource(KNOWN)], ServiceProviderConfig())
    return WSGISCIMClient(
        kamp.app,
        base_url="http://127.0.0.1:8102/scim/v2",
        headers={"Authorization": f"Bearer {TOKEN}"},
        provider=provider,
    )


def test_passes_what_strangers_ask_of_services(client: Any) -> None:
    """RFC 7643 §5, RFC 7644 §3.3, §3.4: scim2-tester's own checks of configuration, creation and reading."""
    tags = {"service-provider-config", "crud:create", "crud:read"}
    # It lists neither schemas nor kinds of resources: its only client knows them.
    results = [
        each for each in check_server(client, include_tags=tags) if not each.tags & {"schemas", "resource-types"}
    ]
    assert len(results) > 5
    assert [each for each in results if each.status not in (Status.SUCCESS, Status.SKIPPED)] == []


def test_keeps_one_account_a_member_and_a_name(client: Any) -> None:
    """RFC 7644 §3.3: 409 with `uniqueness`; what stands in the way is not told."""
    client.create({"schemas": [USER], "userName": "one", "externalId": "subject1"})
    for second in ({"userName": "ONE"}, {"userName": "two", "externalId": "subject1"}):
        said = client.create({"schemas": [USER], **second}, raise_scim_errors=False)
        assert (said.status, said.scim_type) == (409, "uniqueness")


@pytest.mark.parametrize(("name", "value"), [("externalId", "subject1"), ("userName", "One")])
def test_finds_by_the_two_names(client: Any, name: str, value: str) -> None:
    """RFC 7644 §3.4.2.2, and nothing where nothing is."""
    for number in ("one", "two"):
        subject = {"one": "subject1", "two": "subject2"}[number]
        client.create({"schemas": [USER], "userName": number, "externalId": subject})
    found = client.query(KNOWN, query_parameters={"filter": f'{name} eq "{value}"'})
    assert found.total_results == 1
    assert found.resources[0].external_id == "subject1"
    assert client.query(KNOWN, query_parameters={"filter": f'{name} eq "nobody"'}).total_results == 0


def test_changes_what_it_is_told(client: Any, kamp: Site) -> None:
    """RFC 7644 §3.5.2, and §3.14: another version is another account."""
    made = client.create({"schemas": [USER], "userName": "one", "displayName": "홍길동"})
    patch = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"displayName": "김길동"}}]}
    changed = client.modify(KNOWN, made.id, patch)
    assert (changed.display_name, changed.user_name) == ("김길동", "one")
    headers = {"Authorization": f"Bearer {TOKEN}", "If-Match": made.meta.version}
    assert Client(kamp.app).patch(f"/scim/v2/Users/{made.id}", json=patch, headers=headers).status_code == 412


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer another", f"Basic {TOKEN}", f"Bearer {TOKEN} "])
def test_answers_nobody_else(kamp: Site, given: str) -> None:
    """RFC 6750 §3: whoever has no token learns nothing, not even what is there."""
    for path in ("/ServiceProviderConfig", "/Users", "/Users/1"):
        answer = Client(kamp.app).get(f"/scim/v2{path}", headers={"Authorization": given})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 50_000,
        b'{"userName": "one"}',
        b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}',
        b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": 7}',
        b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:x"], "userName": "one"}',
    ],
)
def test_takes_nothing_that_is_no_user(kamp: Site, body: bytes) -> None:
    """RFC 7644 §3.12."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
    assert Client(kamp.app).post("/scim/v2/Users", data=body, headers=headers).status_code == 400
    assert Client(kamp.app).get("/state").get_json()["made_accounts"] == []


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "test", "path": "displayName"}, "invalidSyntax"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "value": "x"}, "invalidValue"),
        ({"op": "replace", "value": {"id": "x"}}, "mutability"),
        ({"op": "remove", "path": "meta"}, "mutability"),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, "invalidPath"),
        ({"op": "remove", "path": "userName"}, "invalidValue"),
        ({"op": "replace", "path": "displayName.x", "value": "y"}, "invalidPath"),
    ],
)
def test_refuses_what_it_cannot_change(operation: dict[str, Any], expected: str) -> None:
    """RFC 7644 §3.12, table 9; and nothing has happened then."""
    before = {"userName": "one", "displayName": "홍길동"}
    with pytest.raises(BadPatch, match=expected):
        patched(before, {"schemas": [PATCH], "Operations": [operation]})
    assert before == {"userName": "one", "displayName": "홍길동"}


DEEP = "[" * 900 + "]" * 900


@pytest.mark.parametrize(
    "query",
    [
        {"filter": r'userName eq "\q"'}, {"filter": r'userName eq "\ud800"'}, {"filter": 'userName eq "\n"'},
        {"startIndex": "9" * 30}, {"startIndex": "-5", "count": "9" * 30},
    ],
)  # fmt: skip
def test_breaks_at_no_odd_question(kamp: Site, query: dict[str, str]) -> None:
    """RFC 7644 §3.12: what cannot be looked for is refused, not tripped over."""
    answer = Client(kamp.app).get("/scim/v2/Users", query_string=query, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == (400 if "filter" in query else 200)


@pytest.mark.parametrize(
    "said",
    [
        f'"schemas": [["x"], "{USER}"], "userName": "one"', f'"schemas": ["{USER}"], "userName": "\\ud800"',
        f'"schemas": ["{USER}"], "userName": "one", "externalId": {{}}',
        f'"schemas": ["{USER}"], "userName": "one", "externalId": 7',
        f'"schemas": ["{USER}"], "userName": "one", "externalId": {DEEP}',
    ],
)  # fmt: skip
def test_keeps_no_odd_account(kamp: Site, said: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
    assert Client(kamp.app).post("/scim/v2/Users", data="{" + said + "}", headers=headers).status_code == 400


@pytest.mark.parametrize(
    "said",
    [
        '"schemas": 5, "Operations": []', f'"schemas": "{PATCH}", "Operations": []',
        f'"schemas": ["{PATCH}"], "Operations": [{{"op": "add", "path": "externalId", "value": {{}}}}]',
        f'"schemas": ["{PATCH}"], "Operations": [{{"op": "add", "path": "userName", "value": "\\udfff"}}]',
    ],
)  # fmt: skip
def test_takes_no_odd_change(kamp: Site, client: Any, said: str) -> None:
    made = client.create({"schemas": [USER], "userName": "one"})
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
    path = f"/scim/v2/Users/{made.id}"
    assert Client(kamp.app).patch(path, data="{" + said + "}", headers=headers).status_code == 400
    for _ in range(2):
        deep = f'{{"schemas": ["{PATCH}"], "Operations": [{{"op": "add", "path": "nickName", "value": {DEEP}}}]}}'
        assert Client(kamp.app).patch(path, data=deep, headers=headers).status_code in (200, 400)
    assert Client(kamp.app).get(path, headers=headers).status_code == 200
