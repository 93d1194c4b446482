from __future__ import annotations

import json
import re
import shlex
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import click
import pytest
import yaml

from idp.commands import main
from idp.settings import Settings, load
from tests.architecture.tree import ROOT, files, name
from tools.example_settings import EXAMPLE, example

_DOCUMENTS = [path for path in files(".md", ".yaml", ".example") if not name(path).startswith("docs/screens")]
_BLOCK = re.compile(r"```(?:sh|bash|console|shell)?\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`(idp [a-z][^`]*)`")
_VARIABLE = re.compile(r"\bIDP_[A-Z][A-Z0-9_]*[A-Z0-9]\b")
_MAKE = re.compile(r"(?:^|`)make ([a-z]+)\b", re.MULTILINE)


def compose() -> Mapping[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return content


def documented_commands() -> Iterator[tuple[str, list[str]]]:
    """Every command line of `idp` that a document or the topology shows."""
    for path in _DOCUMENTS:
        text = path.read_text("utf-8")
        lines = [line for block in _BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
        for line in [*lines, *_INLINE.findall(text)]:
            found = re.search(r"(?:^|[\s/])idp ([a-z].*)", line)
            if found is not None and "=" not in found[1].split()[0]:
                command = re.split(r"\s[#|<>&;]|\s{3,}", found[1])[0].rstrip(";")
                yield name(path), shlex.split(command)
    for service, said in compose()["services"].items():
        if said.get("command", [""])[0] == "idp":
            yield f"compose.yaml {service}", said["command"][1:]
    for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines():
        if line.startswith("CMD "):
            yield "Dockerfile", json.loads(line.removeprefix("CMD "))[1:]


def unknown_in(words: list[str]) -> str | None:
    """The first word that the command line would not take."""
    command: click.Command = main
    while words and isinstance(command, click.Group):
        context = click.Context(command)
        if words[0].startswith("-"):
            break
        found = command.get_command(context, words[0])
        if found is None:
            return words[0]
        command, words = found, words[1:]
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return next((word for word in words if word.startswith("--") and word.partition("=")[0] not in options), None)


def test_knows_every_command_that_is_documented() -> None:
    """Architecture §10: commands are a contract; what is shown must be there."""
    shown = list(documented_commands())
    assert len(shown) > 15
    wrong = [(where, " ".join(words)) for where, words in shown if unknown_in(words) is not None]
    assert wrong == []


@pytest.mark.parametrize("line", ["serve --prot 8000", "migrat", "keys renew", "agencies apply --dry file.toml"])
def test_would_notice_a_command_that_is_not_there(line: str) -> None:
    """The rule above can fail."""
    assert unknown_in(line.split()) is not None


def test_knows_every_setting_that_is_documented() -> None:
    """Architecture §10: `IDP_…` with `__` between levels."""
    known = {"IDP_CONFIG"}
    for field, of in Settings.model_fields.items():
        known.add(f"IDP_{field.upper()}")
        inner = getattr(of.annotation, "model_fields", {})
        known |= {f"IDP_{field.upper()}__{each.upper()}" for each in inner}
    named = {
        (name(path), variable)
        for path in [*_DOCUMENTS, ROOT / "Dockerfile", ROOT / "config" / "idp.example.toml"]
        for variable in _VARIABLE.findall(path.read_text("utf-8"))
    }
    assert {each for each in named if each[1] not in known} == set()


def test_knows_every_make_target_that_is_documented() -> None:
    """README: the two commands, and the others."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    said = [(name(path), target) for path in _DOCUMENTS for target in _MAKE.findall(path.read_text("utf-8"))]
    assert len(said) > 3
    assert [(where, target) for where, target in said if target not in targets] == []


def test_shows_every_setting_with_its_default() -> None:
    """Architecture §3: `config/idp.example.toml` is complete. When this fails: python -m tools.example_settings."""
    assert EXAMPLE.read_text("utf-8") == example()


def test_changes_nothing_by_copying_the_example() -> None:
    """Architecture §3: every default in the example is the default."""
    assert load({"IDP_CONFIG": str(EXAMPLE)}).model_dump() == Settings().model_dump()


def test_starts_the_topology_in_an_order_that_works() -> None:
    """Architecture §12: tables before servers, keys before workers, servers before nginx."""
    services = compose()["services"]
    assert services["web"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["worker"]["depends_on"]["web"]["condition"] == "service_healthy"
    assert services["nginx"]["depends_on"]["web"]["condition"] == "service_healthy"
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    wanted = {other for said in services.values() for other in said.get("depends_on", {})}
    assert wanted <= set(services)
    volumes = {volume.partition(":")[0] for said in services.values() for volume in said.get("volumes", ())}
    assert {volume for volume in volumes if volume.isalpha()} == set(compose()["volumes"])


def test_ships_an_example_for_every_file_of_secrets() -> None:
    """Architecture §12: secrets come by files that are not in git."""
    for service in compose()["services"].values():
        for path in service.get("env_file", ()):
            assert (ROOT / f"{path}.example").is_file()
            assert not (ROOT / path).exists() or ROOT / path not in files()


def test_accepts_the_example_of_the_topology_once_it_is_filled_in() -> None:
    """docs/operating.md: fill in what is empty, and production starts."""
    lines = (ROOT / "config" / "idp.env.example").read_text("utf-8").splitlines()
    told = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    settings = load(told | {"IDP_SECRET_KEY": "x" * 48})
    assert settings.environment == "production"
    assert settings.trusted_proxies == 1


def test_tells_the_provider_of_as_many_proxies_as_there_are() -> None:
    """RFC 7239 §8.1: a browser must not choose its own address, so nginx sets these headers and passes none through."""
    conf = (ROOT / "config" / "nginx.conf").read_text("utf-8")
    for header, value in {"For": "$remote_addr", "Proto": "$scheme", "Host": "$host"}.items():
        assert f"proxy_set_header X-Forwarded-{header} {value};" in conf
    assert "proxy_add_x_forwarded_for" not in conf


def test_lets_nobody_but_nginx_say_who_showed_a_certificate() -> None:
    """RFC 9440 §4: the proxy sets these headers on every request, to nothing where there was no certificate."""
    hosts = {name: (ROOT / "config" / name).read_text("utf-8") for name in ("nginx.conf", "nginx-mtls.conf")}
    operating = (ROOT / "docs" / "operating.md").read_text("utf-8")
    for setting, header, variable in (
        ("HEADER", "X-Client-Cert", "$ssl_client_escaped_cert"),
        ("VERIFIED_HEADER", "X-Client-Verify", "$ssl_client_verify"),
    ):
        assert f"IDP_CLIENT_CERTIFICATES__{setting}={header}\n" in operating
        assert f'proxy_set_header {header} "";' in hosts["nginx.conf"]
        assert f"proxy_set_header {header} {variable};" in hosts["nginx-mtls.conf"]
    # PEP 3333 makes one name of the two spellings.
    assert "  underscores_in_headers off;\n" in hosts["nginx.conf"]
    assert "underscores_in_headers" not in hosts["nginx-mtls.conf"]
    for header, value in {"For": "$remote_addr", "Proto": "$scheme", "Host": "$host"}.items():
        assert f"proxy_set_header X-Forwarded-{header} {value};" in hosts["nginx-mtls.conf"]


def test_speaks_tls_as_bcp_195_recommends() -> None:
    """RFC 9325 §3.1.1, §4.2, FAPI 2.0 Security §5.2: TLS 1.2 with four suites, TLS 1.3, at every host."""
    conf = (ROOT / "config" / "nginx.conf").read_text("utf-8")
    before_hosts = conf.partition("  server {")[0]
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in before_hosts
    (suites,) = re.findall(r"ssl_ciphers ([^;]+);", before_hosts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(suites)
    spoken = {each["name"] for each in context.get_ciphers() if each["protocol"] == "TLSv1.2"}
    keys = ("ECDSA", "RSA")
    assert spoken == {f"ECDHE-{key}-{rest}" for key in keys for rest in ("AES128-GCM-SHA256", "AES256-GCM-SHA384")}
    for host in (conf.removeprefix(before_hosts), (ROOT / "config" / "nginx-mtls.conf").read_text("utf-8")):
        assert "ssl_protocols" not in host
        assert "ssl_ciphers" not in host


def test_keeps_ids_out_of_the_log_of_nginx() -> None:
    """Architecture §11.7: a letter's link sets a new password, a started sign-in belongs to its browser, and both
    stand in paths; no log has path or query as they came, nor the error log, which quotes request lines."""
    conf = (ROOT / "config" / "nginx.conf").read_text("utf-8")
    assert re.findall(r"^error_log \S+ (\w+);", conf, re.MULTILINE) == ["crit"]
    (log_format,) = re.findall(r"log_format plain '([^']*)'", conf)
    for whole in ("$uri", "$request_uri", "$request ", "$args", "$query_string", "$http_"):
        assert whole not in log_format
    (pattern,) = re.findall(r'"~(\^[^"]*)" "\$before\*\$after"', conf)
    masked = re.compile(pattern.replace("(?<", "(?P<"))
    for length in (22, 43):
        secret = ("aZ-_09" * 8)[:length]
        for path in (
            "/recovery/reset/{}",
            "/recovery/email/{}",
            "/guardian/{}/verified",
            "/signin/{}/password",
            "/join/{}/3",
        ):
            found = masked.match(path.format(secret))
            assert found is not None
            assert secret not in found["before"] + (found["after"] or "")
    assert masked.match("/account/agencies/kamp/unlink") is None
