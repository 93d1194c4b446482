"""Settings: where they come from, which one wins, and what production refuses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp.errors import ConfigurationError
from idp.settings import Settings, load

SECRET = "s" * 32
PRODUCTION = {
    "IDP_ENVIRONMENT": "production",
    "IDP_ISSUER": "https://id.example",
    "IDP_SECRET_KEY": SECRET,
    "IDP_VERIFICATION__SIMULATED": "false",
    "IDP_MAIL__DELIVERY": "smtp",
    "IDP_MAIL__SMTP_HOST": "mail.example",
    "IDP_SMS__DELIVERY": "gateway",
    "IDP_SMS__GATEWAY_URL": "https://sms.example/",
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory without `config/idp.toml`."""
    monkeypatch.chdir(tmp_path)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_needs_nothing_for_a_demonstration() -> None:
    """The operator's contract: a first start needs no preparation."""
    assert load({}).model_dump() == Settings().model_dump()
    assert Settings().environment == "demo"


def test_reads_the_file_it_is_told(tmp_path: Path) -> None:
    """The operator's contract: `IDP_CONFIG`; times in words or seconds."""
    path = write(tmp_path / "own.toml", 'issuer = "https://id.example"\n[tokens]\ncode = 30\naccess = "PT5M"\n')
    loaded = load({"IDP_CONFIG": str(path)})
    assert loaded.issuer == "https://id.example"
    assert loaded.tokens.code == timedelta(seconds=30)
    assert loaded.tokens.access == timedelta(minutes=5)
    assert loaded.tokens.id_token == Settings().tokens.id_token


def test_reads_the_usual_file_where_it_is(tmp_path: Path) -> None:
    """The operator's contract: `config/idp.toml`."""
    write(tmp_path / "config" / "idp.toml", 'issuer = "https://usual.example"\n')
    assert load({}).issuer == "https://usual.example"
    own = write(tmp_path / "own.toml", "")
    assert load({"IDP_CONFIG": str(own)}).issuer == Settings().issuer


def test_lets_the_environment_win_field_by_field(tmp_path: Path) -> None:
    """The operator's contract: the file, then `IDP_…` over it, `__` between levels."""
    text = 'issuer = "https://file.example"\n[tokens]\ncode = 30\naccess = 300\n[brand]\nname = "파일"\n'
    path = write(tmp_path / "own.toml", text)
    variables = {"IDP_CONFIG": str(path), "IDP_ISSUER": "https://environment.example", "IDP_TOKENS__CODE": "PT45S"}
    loaded = load({**variables, "PATH": "/bin", "OTHER_ISSUER": "x"})
    assert loaded.issuer == "https://environment.example"
    assert loaded.tokens.code == timedelta(seconds=45)
    assert loaded.tokens.access == timedelta(seconds=300)
    assert loaded.brand.name == "파일"


def test_says_that_a_named_file_is_missing(tmp_path: Path) -> None:
    """An operator who names a file means it."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        load({"IDP_CONFIG": str(tmp_path / "nowhere.toml")})


@pytest.mark.parametrize(
    ("text", "variables", "key"),
    [
        ("isuer = 'x'\n", {}, "isuer"),
        ("[tokens]\ncod = 1\n", {}, "tokens.cod"),
        ("", {"IDP_TOKENS__COD": "1"}, "IDP_TOKENS__COD"),
        ("", {"IDP_TOKENS__CODE": "soon"}, "tokens.code"),
        ("", {"IDP_ENVIRONMENT": "staging"}, "environment"),
        ("", {"IDP_TRUSTED_PROXIES": "-1"}, "trusted_proxies"),
        ("", {"IDP_PRIVATE_EVENT_TARGETS": "not json"}, "private_event_targets"),
        ("issuer = \n", {}, "line 1"),
    ],
)
def test_names_what_cannot_be_used(tmp_path: Path, text: str, variables: dict[str, str], key: str) -> None:
    """A key that nobody reads, or a value that is none, stops the start."""
    path = write(tmp_path / "own.toml", text)
    with pytest.raises(ConfigurationError, match=key):
        load({"IDP_CONFIG": str(path), **variables})


def test_quotes_no_value_in_a_complaint(tmp_path: Path) -> None:
    """Architecture §11: a secret under a mistyped name must not be printed."""
    path = write(tmp_path / "own.toml", f'secrt_key = "{SECRET}"\n')
    with pytest.raises(ConfigurationError) as raised:
        load({"IDP_CONFIG": str(path)})
    assert SECRET not in str(raised.value)
    assert SECRET not in repr(load({"IDP_SECRET_KEY": SECRET}))


@pytest.mark.parametrize(
    "issuer",
    [
        "https://id.example/",
        "https://id.example?x=1",
        "https://id.example#x",
        "https://user@id.example",
        "id.example",
        "ftp://id.example",
        "https://한국.example",
        "",
    ],
)
def test_refuses_an_issuer_that_cannot_be_compared(issuer: str) -> None:
    """OpenID Connect Discovery §3: a URL without query or fragment; ours, byte for byte, everywhere."""
    with pytest.raises(ConfigurationError, match="issuer"):
        load({"IDP_ISSUER": issuer})


def test_takes_what_production_needs() -> None:
    """Architecture §10: with all of it the start goes on, and cookies are Secure."""
    assert load(PRODUCTION).secure


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"IDP_ISSUER": "http://id.example"}, "https"),
        ({"IDP_SECRET_KEY": ""}, "secret_key"),
        ({"IDP_SECRET_KEY": "short"}, "secret_key"),
        ({"IDP_VERIFICATION__SIMULATED": "true"}, "verification.simulated"),
        ({"IDP_MAIL__DELIVERY": "file"}, "mail.delivery"),
        ({"IDP_SMS__DELIVERY": "file"}, "sms.delivery"),
        ({"IDP_SMS__GATEWAY_URL": "http://sms.example/"}, "gateway_url"),
        ({"IDP_MAIL__SMTP_SECURITY": "none"}, "smtp_security"),
    ],
)
def test_refuses_what_is_fit_for_a_demonstration_only(changed: dict[str, str], said: str) -> None:
    """Architecture §10: production refuses http issuers, simulators and default secrets."""
    with pytest.raises(ConfigurationError, match=said):
        load({**PRODUCTION, **changed})


def test_refuses_a_short_secret_everywhere() -> None:
    """A demonstration too may be reached by others."""
    with pytest.raises(ConfigurationError, match="32 characters"):
        load({"IDP_SECRET_KEY": "short"})


@pytest.mark.parametrize("name", ["IDP_ENVIROMENT", "IDP_SIGN_IN__ATTEMPTS", "IDP_SIGN_IN_LOCK", "idp_issuerr", "IDP_"])
def test_refuses_a_variable_that_no_setting_has(name: str) -> None:
    """A misspelt `production` would otherwise start a demonstration; the name is said, the value is not."""
    with pytest.raises(ConfigurationError) as refused:
        load({name: "a-secret-value"})
    assert name in str(refused.value)
    assert "a-secret-value" not in str(refused.value)


def test_takes_every_setting_by_its_variable_and_what_kubernetes_adds(tmp_path: Path) -> None:
    """The operator's contract: `__` between levels; a Service named `idp` puts variables of its own beside."""
    own = write(tmp_path / "own.toml", "")
    given = {
        "IDP_CONFIG": str(own),
        "IDP_SIGN_IN__ATTEMPTS_PER_ACCOUNT": "7",
        "IDP_SERVICE_HOST": "10.0.0.1",
        "IDP_SERVICE_PORT_HTTP": "80",
        "IDP_PORT": "tcp://10.0.0.1:80",
        "IDP_PORT_80_TCP_ADDR": "10.0.0.1",
        "PATH": "/bin",
    }
    assert load(given).sign_in.attempts_per_account == 7
