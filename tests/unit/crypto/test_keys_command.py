"""`idp keys`, as an operator types it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.clock import SystemClock
from idp.commands.keys import keys
from idp.crypto.keyring import Keyring, list_keys


@pytest.fixture
def idp_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs `idp keys …` on an empty key directory, away from any configuration of this machine."""
    monkeypatch.chdir(tmp_path)
    environment = {
        "IDP_KEYS_DIR": str(tmp_path / "keys"),
        "IDP_ISSUER": "https://idp.example.kr",
        "IDP_CONFIG": None,
        "IDP_KEY_LEAD": "PT48H",
    }

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(keys, arguments, env=environment)

    return tmp_path / "keys", run


def test_rotates_a_key(idp_keys):
    """The three steps of the manual: new, list, retire."""
    directory, run = idp_keys
    assert run("new", "--use", "oidc", "--alg", "ES256").exit_code == 0
    assert "signs from" in run("new", "--use", "oidc", "--alg", "ES256").output
    first, second = (key.kid for key in list_keys(directory))
    listed = run("list").output.splitlines()
    assert listed[0].endswith("signing")
    assert "published, signs from" in listed[1]

    refused = run("retire", first)
    assert refused.exit_code == 1
    assert "its successor signs from" in refused.output

    run("new", "--use", "oidc", "--alg", "ES256", "--lead", "0")
    assert "a newer one signs" in run("list").output
    assert "retired, published until" in run("retire", first).output
    assert run("list").output.count("retired, published until") == 1
    assert second in run("list").output


@pytest.mark.parametrize(("said", "hours"), [((), 48), (("--lead", "1.5"), 1.5)])
def test_lets_a_new_key_wait_as_the_settings_say(idp_keys, said, hours):
    """`key_lead`, unless the operator says otherwise for this one key."""
    directory, run = idp_keys
    for lead in ((), said):
        run("new", "--use", "oidc", "--alg", "ES256", *lead)
    second = list_keys(directory)[-1]
    assert second.signs_from - second.created_at == timedelta(hours=hours)


def test_names_the_certificate_after_the_issuer(idp_keys):
    """An operator of a service provider sees whose it is."""
    directory, run = idp_keys
    assert run("new", "--use", "saml", "--alg", "RS256").exit_code == 0
    assert Keyring(directory, SystemClock()).signing_key("saml", "RS256").certificate


def test_takes_a_kid_that_begins_with_a_hyphen(idp_keys):
    """One in 64 does; it is not an option."""
    _, run = idp_keys
    run("new", "--use", "oidc", "--alg", "ES256")
    result = run("retire", "-abc")
    assert result.exit_code == 1
    assert "no key -abc" in result.output


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("new", "--use", "saml", "--alg", "EdDSA"), 1),
        (("new", "--use", "oidc", "--alg", "HS256"), 2),
        (("new", "--use", "oidc", "--alg", "ES256", "--lead", "-1"), 2),
        (("new",), 2),
    ],
)
def test_refuses_what_makes_no_key(idp_keys, arguments, status):
    """With a sentence and a status, and nothing made."""
    directory, run = idp_keys
    result = run(*arguments)
    assert result.exit_code == status
    assert "Error: " in result.output
    assert not list(directory.glob("*.pem"))


def test_prints_no_private_key(idp_keys):
    """Terminals are logged."""
    directory, run = idp_keys
    shown = run("new", "--use", "oidc", "--alg", "ES256").output + run("list").output
    assert "PRIVATE" not in shown
    assert next(directory.glob("*.pem")).read_text().splitlines()[1] not in shown
