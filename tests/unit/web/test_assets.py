from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.errors import ConfigurationError
from idp.settings import Settings
from idp.web import assets

STYLES = "body{color:#1e2124}" * 50


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "pages-AB12.css").write_text(STYLES, "utf-8")
    (tmp_path / "pages-AB12.css.gz").write_bytes(gzip.compress(STYLES.encode()))
    (tmp_path / "favicon-CD34.svg").write_text("<svg/>", "utf-8")
    (tmp_path / "krds-uiux.README.md").write_text("terms", "utf-8")
    names = {"pages.css": "pages-AB12.css", "favicon.svg": "favicon-CD34.svg"}
    (tmp_path / "manifest.json").write_text(json.dumps(names), "utf-8")
    return tmp_path


@pytest.fixture
def client(build: Path) -> FlaskClient:
    app = Flask("assets", static_folder=None)
    assets.install(app, Settings(), build)
    return app.test_client()


def test_serves_content_for_ever_under_a_name_that_changes_with_it(client: FlaskClient) -> None:
    """RFC 8246 immutable."""
    answer = client.get("/assets/pages-AB12.css")
    assert answer.text == STYLES
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"


def test_sends_the_packed_file_to_whoever_unpacks(client: FlaskClient) -> None:
    """RFC 9110 §12.5.3."""
    answer = client.get("/assets/pages-AB12.css", headers={"Accept-Encoding": "br, gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.data).decode() == STYLES
    refused = client.get("/assets/pages-AB12.css", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


def test_gives_templates_the_present_name(client: FlaskClient) -> None:
    """`asset('pages.css')`."""
    asset = client.application.jinja_env.globals["asset"]
    assert callable(asset)
    assert asset("pages.css") == "/assets/pages-AB12.css"


@pytest.mark.parametrize(
    "name", ["manifest.json", "krds-uiux.README.md", "..%2fassets.py", "pages.css", "pages-AB12.css.gz"]
)
def test_serves_nothing_else(client: FlaskClient, name: str) -> None:
    """Names are looked up, never joined to a path."""
    assert client.get(f"/assets/{name}").status_code == 404


def test_answers_the_address_browsers_guess_for_an_icon(client: FlaskClient) -> None:
    """What they show may be no page of ours."""
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


def test_refuses_to_start_in_production_without_a_build(tmp_path: Path) -> None:
    """Unstyled pages are a fault of the installation; its operator is told at start."""
    production = Settings(environment="production", issuer="https://id.example.test")
    with pytest.raises(ConfigurationError, match="make frontend"):
        assets.install(Flask("assets"), production, tmp_path)


def test_runs_in_a_demonstration_without_a_build(tmp_path: Path) -> None:
    """Pages work without styles, so tests of other rooms need no npm."""
    app = Flask("assets", static_folder=None)
    assets.install(app, Settings(), tmp_path)
    assert app.test_client().get("/favicon.ico").status_code == 404
