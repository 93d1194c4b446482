from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from idp.agencies.registration_file import AgencyEntry, EventsEntry, OidcEntry, ProvisioningEntry, SamlEntry
from idp.signals.catalogue import Channel, EventType, LinkChange, LinkReason
from idp.signals.event_types import REQUESTABLE
from idp.signals.security_events import (
    ChangeType,
    CredentialType,
    Ended,
    account_disabled,
    account_enabled,
    credential_change,
    credential_change_required,
    credential_compromise,
    recovery_activated,
    recovery_information_changed,
    session_revoked,
    token_claims_change,
)
from idp.transmitter.claim import Claimed
from idp.transmitter.set_token import set_claims
from tests.architecture.tree import ROOT, files, name, rooms
from tests.fakes import FrozenClock

DOCUMENTS = [path for path in files(".md") if not name(path).startswith("config/")]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PICTURE = re.compile(r'src="([^"]+)"')
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_FILE = re.compile(r"`((?:idp|tests|config|docs|tools|relying_parties|simulator|frontend)/[\w./-]+\.\w+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text)}


def test_names_every_room_on_the_map() -> None:
    """Architecture §3: keep `docs/map.md` true."""
    text = (ROOT / "docs" / "map.md").read_text("utf-8")
    drawing = re.search(r"```\n(wsgi\n.*?)```", text, re.DOTALL)
    assert drawing is not None
    drawn = set(re.findall(r"\w+", drawing[1]))
    alone = {path.stem for path in (ROOT / "idp").glob("[a-z]*.py")}
    contract = (ROOT / "pyproject.toml").read_text("utf-8")
    layers = re.search(r"^layers = \[\n(.*?)^\]", contract, re.DOTALL | re.MULTILINE)
    assert layers is not None
    assert drawn >= set(rooms()) | alone
    assert drawn <= set(re.findall(r"\w+", layers[1])), "drawn, but without a place in the contract"
    described = set(re.findall(r"`(\w+)/`", text)) | set(re.findall(r"`(\w+)\.py`", text))
    assert set(rooms()) | alone <= described


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_leads_nowhere_in_vain(path: Path) -> None:
    """A document whose links, pictures, files or tests are not there is out of date."""
    text = path.read_text("utf-8")
    for target in [*_LINK.findall(text), *_PICTURE.findall(text)]:
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there.read_text("utf-8")), target
    missing = [file for file in _FILE.findall(text) if not (ROOT / file).exists() and not ignored(file)]
    assert missing == []
    for file, test in _TEST.findall(text):
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), f"{file}::{test}"


def ignored(file: str) -> bool:
    """What an operator makes and git never sees."""
    return file in {"config/idp.toml", "config/idp.env", "config/postgres.env"}


def test_numbers_every_decision_once_and_keeps_it_to_a_page() -> None:
    """docs/decisions: context, decision, consequences."""
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in decisions]
    assert numbers
    assert len(set(numbers)) == len(numbers)
    for path in decisions:
        text = path.read_text("utf-8")
        assert re.match(rf"# {path.name[:4]} · .+\n", text), path.name
        for part in ("Context", "Decision", "Consequences"):
            assert f"\n## {part}\n" in text, f"{path.name}: {part}"
        assert len(text.splitlines()) <= 60, path.name


def test_explains_every_registration_key() -> None:
    """docs/integrating.md: whoever connects a relying party finds every key there."""
    text = (ROOT / "docs" / "integrating.md").read_text("utf-8")
    for entry in (AgencyEntry, OidcEntry, SamlEntry, EventsEntry, ProvisioningEntry):
        for key in entry.model_fields:
            assert f"`{key}`" in text, f"{entry.__name__}.{key}"


def test_shows_an_event_as_it_is_sent() -> None:
    """docs/account-events.md: the example has the claims, and only the claims, of a real one."""
    text = (ROOT / "docs" / "account-events.md").read_text("utf-8")
    shown = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])
    now = FrozenClock().now()
    change = LinkChange("link", 2, "linked", "unlinked", LinkReason.MEMBER_UNLINK, "user", now)
    row = Claimed(
        1,
        "jti",
        "txn",
        "voucher",
        Channel.EVENT,
        EventType.ACCOUNT_LINK_CHANGED,
        "sub",
        change.claims(),
        now,
        0,
        0,
        "t",
    )
    sent = set_claims(row, issuer=shown["iss"], audience="voucher", schema_base="https://schemas.example.org")
    assert shape(shown) == shape(sent)
    for reason in LinkReason:
        assert f"`{reason.value}`" in text


def test_shows_every_event_a_stream_may_ask_for() -> None:
    """docs/account-events.md: each type, with an example that has the members, and only the members, of a real one."""
    text = (ROOT / "docs" / "account-events.md").read_text("utf-8")
    blocks = re.findall(r"```json\n(.*?)```", text, re.DOTALL)[1:]
    examples = [each for block in blocks for each in json.loads(f"[{block.strip()}]".replace("}\n{", "},{"))]
    shown = {name: said for each in examples for name, said in each.items()}
    now = FrozenClock().now()
    facts = [
        session_revoked(now, Ended.EVERYWHERE),
        credential_change(now, CredentialType.X509, ChangeType.CREATE),
        credential_compromise(now, CredentialType.PASSWORD),
        account_disabled(now),
        account_enabled(now),
        credential_change_required(now),
        recovery_activated(now),
        recovery_information_changed(now),
    ]
    sent = {fact.event_type.value: dict(fact.said) for fact in facts}
    # What these two say of the member is filled in when they are signed.
    filled_in = {
        EventType.TOKEN_CLAIMS_CHANGE.value: {*token_claims_change(now, {}).said, "claims"},
        EventType.IDENTIFIER_CHANGED.value: {"new-value"},
    }
    assert {name: set(said) for name, said in shown.items()} == {
        **{name: set(said) for name, said in sent.items()},
        **filled_in,
    }
    for kind in ("session-revoked", "credential-change"):
        assert shown[kind]["reason_admin"] == sent[kind]["reason_admin"], "in the words that are sent"
    links = {EventType.ACCOUNT_LINK_CHANGED.value, EventType.ACCOUNT_PURGED.value}
    assert {each.value for each in REQUESTABLE} == links | set(shown)


def shape(value: object) -> object:
    return {key: shape(inner) for key, inner in value.items()} if isinstance(value, dict) else type(value).__name__
