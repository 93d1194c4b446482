"""An application with the pages' common ground, and a page or two that go wrong on purpose."""

from __future__ import annotations

from typing import NoReturn

import pytest
from flask import Blueprint, Flask, request
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from idp.errors import NotFound, StoreUnavailable, TooManyAttempts
from idp.settings import Settings
from idp.web import exempt
from tests.unit.web.preview import preview

SECURE = Settings(issuer="https://id.example.test")


@pytest.fixture
def app() -> Flask:
    return _with_failures(preview())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def secure_client() -> FlaskClient:
    return preview(SECURE).test_client()


def _with_failures(app: Flask) -> Flask:
    def breaks() -> NoReturn:
        raise IntegrityError("insert", {"name": "홍길동"}, ValueError("honggildong@example.com"))

    def refuses() -> NoReturn:
        raise NotFound("agency kamp", public="찾는 유관기관이 없습니다.")

    def tires() -> NoReturn:
        raise TooManyAttempts(retry_after=90)

    def store_is_down() -> NoReturn:
        raise StoreUnavailable("redis did not answer")

    app.add_url_rule("/breaks", "breaks", breaks)
    app.add_url_rule("/refuses", "refuses", refuses)
    app.add_url_rule("/tires", "tires", tires)
    app.add_url_rule("/store", "store", store_is_down)

    machine = Blueprint("machine", __name__)
    machine.add_url_rule("/machine", "call", lambda: {"got": request.form.get("a")}, methods=["GET", "POST"])
    exempt(machine)
    app.register_blueprint(machine)
    return app
