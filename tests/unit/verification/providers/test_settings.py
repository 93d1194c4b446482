"""What may be configured, and what production refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

import idp
from idp.errors import ConfigurationError
from idp.settings import Settings, Verification, load
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore
from idp.verification.evidence import Assurance
from idp.verification.method import Method
from idp.verification.offers import in_order
from idp.verification.providers.adapter import Means
from idp.verification.providers.configured import configured_methods
from simulator.keys import Keys, papers
from tests.fakes import FixedRandomness, FrozenClock
from tests.unit.verification.lab import ALL
from tests.unit.verification.providers.lab import METHODS, means_on, told
from tests.unit.verification.test_settings import PRODUCTION

URL = "http://127.0.0.1:8110"
NAVER = {
    "shape": "oauth2_profile", "method": "naver", "name": "naver", "label": "네이버", "client_id": "c",
    "client_secret": "s" * 32, "base_url": "https://nid.example", "profile_url": "https://openapi.example/v1/nid/me",
    "claims": {"name": "response.name"},
}  # fmt: skip


@pytest.fixture
def means(database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness) -> Means:
    return means_on(DatabaseExpiringStore(database, frozen_clock), frozen_clock, fixed_randomness)


@pytest.fixture
def made(means: Means, keys: Keys) -> tuple[Method, ...]:
    return configured_methods(ALL, told(URL, keys), means)


def production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *providers: dict[str, Any]) -> Settings:
    monkeypatch.chdir(tmp_path)
    more = {"IDP_VERIFICATION__SIMULATED": "false", "IDP_VERIFICATION__PROVIDERS": json.dumps(providers)}
    return load({**PRODUCTION, **more})


def test_takes_the_papers_that_the_simulator_hands_out(made: tuple[Method, ...]) -> None:
    """Issue: the adapters are configured toward it; each says that nobody vouches."""
    assert {method.code for method in made} == set(METHODS.values())
    assert all(method.simulated for method in made)
    assert [method.code for method in in_order(made)][:4] == [
        "simple_certificate", "phone", "any_id", "business_simple_certificate",
    ]  # fmt: skip


def test_production_takes_a_real_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusals below are about what they say they are about."""
    (naver,) = production(tmp_path, monkeypatch, NAVER).verification.providers
    assert naver.why_not_in_production is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"simulated": True}, "is simulated"),
        ({"base_url": "http://nid.example"}, "not https"),
        ({"profile_url": "http://openapi.example/me"}, "not https"),
        ({"base_url": "https://127.0.0.1:8110"}, "on this machine"),
        ({"base_url": "https://localhost"}, "on this machine"),
        ({"base_url": "https://[::1]:8110"}, "on this machine"),
    ],
)
def test_production_refuses_what_only_a_demonstration_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], why: str
) -> None:
    """REQ-16; issue: production refuses to start with the simulator."""
    with pytest.raises(ConfigurationError, match=why) as refused:
        production(tmp_path, monkeypatch, {**NAVER, **changed})
    assert "naver" in refused.value.detail
    assert "s" * 32 not in str(refused.value)


def test_production_refuses_every_paper_of_the_simulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: Keys
) -> None:
    """REQ-16."""
    for paper in papers(URL, keys, certificates=True):
        with pytest.raises(ConfigurationError, match="simulated"):
            production(tmp_path, monkeypatch, dict(paper))


@pytest.mark.parametrize(
    "address",
    [
        "nid.example",
        "ftp://nid.example",
        "https://u:p@nid.example",
        "https://nid.example/",
        "https://nid.example?x",
        "",
    ],
)
def test_refuses_an_address_that_is_none(address: str, keys: Keys) -> None:
    """Said at the start, not at the first member."""
    with pytest.raises(ValidationError):
        told(URL, keys, changes={"oacx": {"base_url": address}})


@pytest.mark.parametrize(
    ("shape", "changed", "why"),
    [
        ("oacx", {"result_key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"}, "result_key"),
        ("oacx", {"result_key": "secret"}, "result_key"),
        ("barocert", {"secret_key": "c2hvcnQ="}, "secret_key"),
        ("barocert", {"secret_key": "not base64"}, "secret_key"),
        ("any_id", {"kms_key": "c2hvcnQ="}, "kms_key"),
        ("openid", {"label": ""}, "label"),
        ("openid", {"method": "phone"}, "more than one"),
        ("openid", {"method": "business_simple_certificate", "name": "x"}, "more than one"),
        ("ezauth", {"method": "phone_2", "label": ""}, "label"),
        ("ezauth", {"method": "joint_certificate"}, "does not speak for"),
        ("oacx", {"method": "joint_certificate"}, "certificate"),
        ("nice", {"ca_file": "/nowhere/ca.pem"}, "ca_file"),
    ],
)
def test_refuses_what_cannot_work_and_says_why(
    means: Means, keys: Keys, shape: str, changed: dict[str, Any], why: str
) -> None:
    """Before anybody is verified by it; without the secret."""
    with pytest.raises(ConfigurationError, match=why) as refused:
        configured_methods(ALL, told(URL, keys, changes={shape: changed}), means)
    assert str(changed.get("secret_key", "\x00")) not in str(refused.value)


def test_keeps_secrets_out_of_representations(made: tuple[Method, ...], keys: Keys) -> None:
    """Architecture §11.7."""
    shown = repr(made) + repr(keys)
    hidden = (keys.barocert_secret, keys.ezauth_secret, keys.nice_secret, keys.anyid_kms_key, keys.anyid_hmac)
    assert not [each for each in (*hidden, keys.openid_secret, keys.profile_secret) if each in shown]


def test_offers_only_methods_that_are_enabled(means: Means, keys: Keys) -> None:
    """`verification.methods` decides; a method of a provider's own is enabled by being there."""
    made = configured_methods(["phone"], told(URL, keys), means)
    assert {method.code for method in made} == {"phone", "simple_certificate_barocert", "openid", "profile"}


def test_says_how_much_an_account_elsewhere_proves(means: Means, keys: Keys) -> None:
    """korean-identity §3.7: L1 an account, L2 where the provider has verified its members."""
    made = configured_methods(ALL, told(URL, keys, changes={"openid": {"assurance": "L2"}}), means)
    levels = {method.code: method.assurance for method in made}
    assert (levels["openid"], levels["profile"]) == (Assurance.L2, Assurance.L1)


def test_calls_a_provider_as_its_operator_does(means: Means, keys: Keys) -> None:
    """Issue: label and note are configuration; where they are not given, the manual's words stand."""
    named = told(URL, keys, changes={"nice": {"label": "통신사 인증", "note": ""}})
    phone = next(method for method in configured_methods(ALL, named, means) if method.code == "phone")
    assert phone.label == "통신사 인증"
    assert phone.note


def test_explains_every_setting_of_every_shape() -> None:
    """docs/operating.md: whoever configures a provider finds each of its settings there."""
    union = get_args(Verification.model_fields["providers"].annotation)[0]
    shapes: tuple[type[BaseModel], ...] = get_args(get_args(union)[0] if get_origin(union) is Annotated else union)
    page = (Path(idp.__file__).parents[1] / "docs" / "operating.md").read_text("utf-8")
    assert len(shapes) == 8
    missing = {f"{shape.__name__}.{name}" for shape in shapes for name in shape.model_fields if f"`{name}`" not in page}
    assert missing == set()
