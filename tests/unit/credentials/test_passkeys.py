"""Passkeys: the two ceremonies, and everything that is not one. Web Authentication Level 3 §7."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from idp.credentials import passkey_refusals as refusals
from idp.credentials.passkey_answer import LONGEST, read
from idp.credentials.passkey_ceremonies import Occasion, PasskeyCeremonies
from idp.credentials.passkey_refusals import PasskeyRefused
from idp.credentials.passkeys import KeptPasskey, Passkeys, PasskeyTaken
from idp.house import House
from idp.members import store as members
from idp.sections import Passkeys as Policy
from tests.authenticator import Authenticator, b64
from tests.builders import a_person
from tests.races import race

_SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["rawId", "response", "clientDataJSON", "transports", "userHandle", "challenge", "origin"])
    return st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4)


ORIGIN = "http://localhost:8000"
HERE = Occasion("browser", "sign-in:1")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def ceremonies(house: House, issuer: str = ORIGIN, **policy: Any) -> PasskeyCeremonies:
    return PasskeyCeremonies(issuer, "중기원패스", Policy(**policy), house.store, house.randomness, house.digester)


@pytest.fixture
def site(house: House) -> PasskeyCeremonies:
    return ceremonies(house)


@pytest.fixture
def device(site: PasskeyCeremonies) -> Authenticator:
    """One that was registered for the member `m`."""
    made = Authenticator(ORIGIN)
    site.registered(HERE, read(made.make(site.registration(HERE, "m", "honggildong", []))))
    return made


def kept(site: PasskeyCeremonies, device: Authenticator, member_id: str = "m") -> KeptPasskey:
    """The passkey as it would be in the table."""
    made = site.registered(HERE, read(device.make(site.registration(HERE, member_id, "honggildong", []))))
    return KeptPasskey("row", member_id, made.credential_id, made.public_key, made.synchronised, ())


def test_takes_a_passkey_and_what_it_answers(site: PasskeyCeremonies) -> None:
    """§7.1, §7.2: resident key and user verification required; the counter comes back."""
    asked = json.loads(site.registration(HERE, "m", "honggildong", []))
    assert asked["rp"] == {"id": "localhost", "name": "중기원패스"}
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["attestation"] == "none"
    device = Authenticator(ORIGIN, synchronised=True)
    made = site.registered(HERE, read(device.make(asked)))
    assert (made.credential_id, made.synchronised) == (device.credential_id, True)
    passkey = KeptPasskey("row", "m", made.credential_id, made.public_key, made.synchronised, ("internal",))
    device.count = 7
    options = site.authentication(HERE, [passkey])
    assert json.loads(options)["allowCredentials"][0]["id"] == b64(device.credential_id)
    assert site.used(HERE, read(device.use(options)), passkey, discovered=True) == 7


def test_tells_authenticators_nothing_of_a_member(site: PasskeyCeremonies) -> None:
    """§14.6.1: the user handle is no name and no id of ours, and the same for all of a member's passkeys."""
    handle = site.handle_of("m" * 32)
    assert b"m" * 8 not in handle
    assert len(handle) == 32
    assert handle == site.handle_of("m" * 32) != site.handle_of("n" * 32)


def forged(client_data: dict[str, Any]) -> str:
    return b64(json.dumps(client_data).encode())


Spoil = Callable[[Authenticator, str], str]


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda d, o: replace(d, origin="http://localhost.evil.example:8000").use(o), refusals.WrongOrigin),
        (lambda d, o: replace(d, origin="https://localhost:8000").use(o), refusals.WrongOrigin),
        (lambda d, o: replace(d, cross_origin=True).use(o), refusals.WrongOrigin),
        (lambda d, o: replace(d, verified=False).use(o), refusals.NotVerified),
        (lambda d, o: replace(d, host="evil.example").use(o), refusals.WrongSignature),
        (lambda d, o: d.use(o, signature=b64(b"\x30\x06\x02\x01\x01\x02\x01\x01")), refusals.WrongSignature),
        (lambda d, o: d.use(o, signature=""), refusals.WrongSignature),
        (lambda d, o: d.use(o, authenticatorData=b64(b"\x00" * 5)), refusals.MalformedResponse),
        (lambda d, o: d.use(o, userHandle=b64(b"somebody else")), refusals.UnknownPasskey),
        (lambda d, o: d.use(o, userHandle=None), refusals.UnknownPasskey),
        (
            lambda d, o: d.use(
                o,
                clientDataJSON=forged(
                    {"type": "webauthn.get", "challenge": json.loads(o)["challenge"], "origin": ORIGIN, "more": 1}
                ),
            ),
            refusals.WrongSignature,
        ),
        (
            lambda d, o: d.use(
                o,
                clientDataJSON=forged(
                    {"type": "webauthn.create", "challenge": json.loads(o)["challenge"], "origin": ORIGIN}
                ),
            ),
            refusals.WrongSignature,
        ),
        (
            lambda d, o: d.use(o, clientDataJSON=forged({"challenge": b64(b"c" * 32), "origin": ORIGIN})),
            refusals.ChallengeSpent,
        ),
    ],
)
def test_refuses_what_was_not_made_here_and_now(
    site: PasskeyCeremonies, spoil: Spoil, refusal: type[PasskeyRefused]
) -> None:
    """Issue 4, bad input: wrong origin, forged client data, another member's handle, no user verification; each its own
    code (§7.2 steps 6, 11-21). Whatever was wrong, the challenge is spent."""
    device = Authenticator(ORIGIN)
    passkey = kept(site, device)
    options = site.authentication(HERE, [])
    with pytest.raises(refusal):
        site.used(HERE, read(spoil(device, options)), passkey, discovered=True)
    if refusal not in (refusals.ChallengeSpent,):
        device = Authenticator(ORIGIN, handle=device.handle, _key=device._key)
        with pytest.raises(refusals.ChallengeSpent):
            site.used(HERE, read(device.use(options)), passkey, discovered=True)


@pytest.mark.parametrize("elsewhere", [Occasion("another", "sign-in:1"), Occasion("browser", "sign-in:2")])
def test_binds_a_challenge_to_browser_and_occasion(site: PasskeyCeremonies, elsewhere: Occasion) -> None:
    """§13.4.3: an answer carried into another browser, or to another page, answers nothing."""
    device = Authenticator(ORIGIN)
    passkey = kept(site, device)
    with pytest.raises(refusals.ChallengeSpent):
        site.used(elsewhere, read(device.use(site.authentication(HERE, []))), passkey, discovered=True)


def test_takes_an_answer_once(site: PasskeyCeremonies) -> None:
    """§13.4.3, architecture §11.1: a replayed assertion; sixteen at once, one goes on."""
    device = Authenticator(ORIGIN)
    passkey = kept(site, device)
    answer = read(device.use(site.authentication(HERE, [])))

    def use(_: int) -> bool:
        try:
            site.used(HERE, answer, passkey, discovered=True)
        except refusals.ChallengeSpent:
            return False
        return True

    assert race(use).count(True) == 1


def test_knows_no_passkey_that_nobody_registered(site: PasskeyCeremonies, device: Authenticator) -> None:
    """§7.2 step 6."""
    with pytest.raises(refusals.UnknownPasskey):
        site.used(HERE, read(device.use(site.authentication(HERE, []))), None, discovered=True)


def test_makes_none_without_user_verification(site: PasskeyCeremonies) -> None:
    """§7.1 step 17: level 2 rests on it."""
    device = Authenticator(ORIGIN, verified=False)
    with pytest.raises(refusals.WrongSignature):
        site.registered(HERE, read(device.make(site.registration(HERE, "m", "honggildong", []))))


def test_takes_no_model_that_is_not_trusted(house: House, tmp_path: Any) -> None:
    """Issue 4, attestation policy: `direct` wants a maker's word; an authenticator that gives none is refused."""
    site = ceremonies(
        house,
        attestation="direct",
        trusted_aaguids=["0" * 8 + "-0000-0000-0000-" + "0" * 12],
        attestation_roots=tmp_path,
    )
    asked = site.registration(HERE, "m", "honggildong", [])
    assert json.loads(asked)["attestation"] == "direct"
    with pytest.raises(refusals.AttestationRefused):
        site.registered(HERE, read(Authenticator(ORIGIN).make(asked)))


def test_trusts_nobody_in_particular_without_saying_whom() -> None:
    """A policy without a list would trust everybody who calls themselves a maker."""
    with pytest.raises(ValueError, match="trusted_aaguids"):
        Policy(attestation="direct")


@pytest.mark.parametrize(
    ("issuer", "offered"),
    [
        ("http://localhost:8000", True),
        ("https://onepass.example", True),
        ("http://127.0.0.1:8000", False),
        ("http://[::1]:8000", False),
    ],
)
def test_offers_passkeys_where_they_can_work(house: House, issuer: str, *, offered: bool) -> None:
    """§5.1.2: an IP address is no valid domain."""
    assert ceremonies(house, issuer).offered is offered
    assert not ceremonies(house, "https://onepass.example", enabled=False).offered


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "null", "7", "x" * (LONGEST + 1), "[" * 10_000, '{"rawId": "AA", "response": {}}',
        '{"rawId": 7, "response": {"clientDataJSON": "e30"}}', '{"rawId": "AA", "response": {"clientDataJSON": "!!"}}',
        '{"rawId": "AA", "response": {"clientDataJSON": "W10"}}', '{"rawId": "é", "response": {}}',
        '{"rawId": "AA", "response": {"clientDataJSON": "e30", "transports": 7}}',
    ],
)  # fmt: skip
def test_reads_nothing_else_as_an_answer(text: str) -> None:
    """Issue 4: hostile and huge input; no crash, no hang."""
    with pytest.raises(refusals.MalformedResponse):
        read(text)


@given(st.text(max_size=300) | st.recursive(_SCALARS, _nested, max_leaves=12).map(json.dumps))
def test_reads_arbitrary_text_or_refuses_it(text: str) -> None:
    """Issue 4: hypothesis over every parser of foreign bytes; a refusal and nothing else."""
    try:
        answer = read(text)
    except refusals.MalformedResponse:
        return
    assert isinstance(answer.challenge, bytes)


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=80))
def test_refuses_arbitrary_octets_where_a_signature_belongs(client: bytes, data: bytes, signature: bytes) -> None:
    """Issue 4: nothing that authenticator data may hold does anything but be read or refused."""
    parts = {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
    wrapped = json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": parts})
    try:
        assert read(wrapped).user_verified in (True, False)
    except refusals.MalformedResponse:
        return


def keep(house: House, device: Authenticator, member_id: str) -> str:
    site, passkeys = ceremonies(house), Passkeys(house.cipher, house.randomness)
    made = site.registered(HERE, read(device.make(site.registration(HERE, member_id, "honggildong", []))))
    with house.database.transaction() as connection:
        row = members.find(connection, member_id)
        assert row is not None
        assert row.data_key is not None
        return passkeys.register(connection, member_id, row.data_key, made, "내 열쇠", NOW)


def test_keeps_a_credential_for_one_member(any_house: House) -> None:
    """§7.1 step 26: the same credential is nobody else's; names lie under the member's data key."""
    one, other = a_person(any_house, ci=None), a_person(any_house, "somebody", ci=None)
    keep(any_house, Authenticator(ORIGIN), one)
    for member_id in (one, other):
        with pytest.raises(PasskeyTaken):
            keep(any_house, Authenticator(ORIGIN), member_id)
    with any_house.database.reading() as connection:
        assert "열쇠".encode() not in connection.exec_driver_sql("select sealed from passkeys").scalar_one()


@pytest.mark.parametrize(
    ("counts", "accepted"),
    [((2, 3, 9), True), ((0, 0), False), ((5, 5), False), ((5, 4), False)],
)
def test_notices_a_copy_by_its_counter(house: House, counts: tuple[int, ...], *, accepted: bool) -> None:
    """§6.1.1, §7.2 step 22: registered at 1; a counter that stands still or goes back is refused."""
    row_id = keep(house, Authenticator(ORIGIN, count=1), a_person(house, ci=None))
    passkeys = Passkeys(house.cipher, house.randomness)
    with house.database.transaction() as connection:
        went_on = [passkeys.used(connection, row_id, count, NOW) for count in counts]
    assert all(went_on) is accepted


def test_counts_nothing_where_authenticators_do_not(house: House) -> None:
    """§6.1.1: a passkey that travels between devices says 0 always."""
    row_id = keep(house, Authenticator(ORIGIN, count=0), a_person(house, ci=None))
    passkeys = Passkeys(house.cipher, house.randomness)
    with house.database.transaction() as connection:
        assert all(passkeys.used(connection, row_id, 0, NOW) for _ in range(3))
        assert passkeys.used(connection, row_id, 4, NOW)
        assert not passkeys.used(connection, row_id, 0, NOW)
