from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idp.clock import SystemClock
from idp.crypto.fields import FieldCipher, KeyEncryptionKeys
from idp.enrolment.draft import Kind
from idp.enrolment.drafts import DraftExpired, Drafts
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore, ExpiringStore
from tests.fakes import FixedRandomness, FrozenClock

DAY = timedelta(days=1)


def drafts_in(store: ExpiringStore, clock: FrozenClock | SystemClock, randomness: FixedRandomness) -> Drafts:
    return Drafts(store, FieldCipher(KeyEncryptionKeys(b"k" * 32), randomness), clock, randomness, DAY)


@pytest.fixture
def drafts(database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness) -> Drafts:
    return drafts_in(DatabaseExpiringStore(database, frozen_clock), frozen_clock, fixed_randomness)


def test_outlives_a_restart_in_every_store(
    any_expiring_store: ExpiringStore, fixed_randomness: FixedRandomness
) -> None:
    """Issue 3: server-side drafts that survive a restart."""
    before = drafts_in(any_expiring_store, SystemClock(), fixed_randomness)
    draft = replace(before.start("browser"), kind=Kind.ENTERPRISE, typed={"company_name": "길동상사"})
    before.keep(draft)
    after = drafts_in(any_expiring_store, SystemClock(), FixedRandomness("another process"))
    assert after.get(draft.id, "browser") == draft


@pytest.mark.parametrize("browser", [None, "", "another"])
def test_opens_in_the_browser_it_began_in_and_in_no_other(drafts: Drafts, browser: str | None) -> None:
    """REQ-15, architecture §11.3: a link to somebody's draft is worth nothing."""
    draft = drafts.start("browser")
    with pytest.raises(DraftExpired):
        drafts.get(draft.id, browser)
    assert drafts.get(draft.id, "browser") == draft


@pytest.mark.parametrize("draft_id", ["", "x", "x" * 22, "x" * 10_000, "\x00" * 22, "길" * 22])
def test_knows_no_draft_that_was_never_there(drafts: Drafts, draft_id: str) -> None:
    """Issue 3 (bad input)."""
    with pytest.raises(DraftExpired):
        drafts.get(draft_id, "browser")


def test_forgets_one_that_was_left_alone(drafts: Drafts, frozen_clock: FrozenClock) -> None:
    """Issue 3 (expiring): every visit that changes it gives it another day."""
    draft = drafts.start("browser")
    frozen_clock.advance(DAY - timedelta(minutes=1))
    drafts.keep(draft)
    frozen_clock.advance(DAY - timedelta(minutes=1))
    assert drafts.get(draft.id, "browser")
    frozen_clock.advance(timedelta(minutes=1))
    with pytest.raises(DraftExpired):
        drafts.get(draft.id, "browser")


def test_keeps_nothing_readable_in_the_store(drafts: Drafts) -> None:
    """REQ-86: what was typed and proven is personal data, there too."""
    draft = replace(drafts.start("browser"), typed={"email_local": "honggildong"}, evidence='{"name": "홍길동"}')
    drafts.keep(draft)
    octets = drafts.store.get(f"draft:{draft.id}") or b""
    assert b"honggildong" not in octets
    assert "홍길동".encode() not in octets


def test_shows_nothing_personal_when_it_is_printed(drafts: Drafts) -> None:
    """Architecture §11.7: representations end up in logs."""
    secret: dict[str, Any] = {
        "typed": {"email_local": "honggildong"},
        "details": {"email": "honggildong"},
        "evidence": "honggildong",
    }
    assert "honggildong" not in repr(replace(drafts.start("browser"), **secret))


def test_is_gone_once_forgotten(drafts: Drafts) -> None:
    """A draft that has become a member is over."""
    draft = drafts.start("browser")
    drafts.forget(draft)
    with pytest.raises(DraftExpired):
        drafts.get(draft.id, "browser")
