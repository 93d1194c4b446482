from __future__ import annotations

import re

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from idp.web.installation import BODY_LIMIT


def test_shows_an_unexpected_failure_as_a_reference_that_the_log_has(client: FlaskClient) -> None:
    """Architecture rule 8: every unexpected failure has a reference that finds its log line."""
    with structlog.testing.capture_logs() as lines:
        answer = client.get("/breaks")
    assert answer.status_code == 500
    shown = re.search(r"<code>(\w+)</code>", answer.text)
    assert shown is not None
    (line,) = lines
    assert line["reference"] == shown[1]
    assert line["error"] == "IntegrityError"
    assert any(frame.startswith("breaks ") for frame in line["frames"])


def test_keeps_what_a_driver_says_out_of_page_and_log(client: FlaskClient) -> None:
    """Architecture rule 7: a driver's message holds the statement's values, here a name and an address."""
    with structlog.testing.capture_logs() as lines:
        answer = client.get("/breaks")
    for secret in ("홍길동", "honggildong", "Traceback", "insert"):
        assert secret not in answer.text
        assert secret not in str(lines)


def test_shows_a_refusal_in_the_words_meant_for_the_reader(client: FlaskClient) -> None:
    """Three fields, never one string: `public` is shown, `detail` is logged."""
    with structlog.testing.capture_logs() as lines:
        answer = client.get("/refuses")
    assert answer.status_code == 404
    assert "찾는 유관기관이 없습니다." in answer.text
    assert "kamp" not in answer.text
    assert lines[0]["detail"] == "agency kamp"
    assert lines[0]["code"] == "not_found"


def test_says_how_long_to_wait(client: FlaskClient) -> None:
    """RFC 6585 §4, RFC 9110 §10.2.3."""
    tired = client.get("/tires")
    assert (tired.status_code, tired.headers["Retry-After"]) == (429, "90")
    down = client.get("/store")
    assert (down.status_code, down.headers["Retry-After"]) == (503, "5")
    assert "redis" not in down.text


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/%00", 404), ("/..%2f..%2fetc/passwd", 404)])
def test_answers_unknown_addresses_with_a_page(client: FlaskClient, path: str, status: int) -> None:
    """REQ-01: also an error page carries the tagline."""
    answer = client.get(path)
    assert answer.status_code == status
    assert "하나의 아이디로" in answer.text


def test_names_the_methods_that_do_work(client: FlaskClient) -> None:
    """RFC 9110 §15.5.6: 405 must carry Allow."""
    answer = client.delete("/preview/home")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "열 수 없는 주소입니다" in answer.text


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_refuses_a_body_that_is_too_large(client: FlaskClient, content_type: str) -> None:
    """RFC 9110 §15.5.14: before it is read, so nobody can fill our memory."""
    with structlog.testing.capture_logs() as lines:
        answer = client.post("/preview/consent", data=b"a=" + b"x" * BODY_LIMIT, content_type=content_type)
    assert answer.status_code == 413
    assert [line.get("code") for line in lines if line["event"] == "request.refused"] == ["body_too_large"]
    assert "보낸 내용이 너무 큽니다" in answer.text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe\x00=%zz&&&=", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b"{", "application/json"),
        (b"&".join(b"k%d=v" % number for number in range(5000)), "application/x-www-form-urlencoded"),
    ],
)
def test_answers_a_broken_body_with_a_refusal(client: FlaskClient, body: bytes, content_type: str) -> None:
    """What a browser posts never becomes a failure of ours."""
    assert client.post("/preview/consent", data=body, content_type=content_type).status_code in {400, 413}


def test_answers_even_when_the_page_itself_cannot_be_made(app: Flask) -> None:
    """A broken template must not hide the first failure, nor end in the server's own error page."""

    def broken_context() -> dict[str, object]:
        raise RuntimeError("honggildong")

    app.context_processor(broken_context)
    with structlog.testing.capture_logs() as lines:
        answer = app.test_client().get("/breaks")
    assert answer.status_code == 500
    assert "일시적인 오류" in answer.text
    reference = lines[0]["reference"]
    assert reference in answer.text
    assert lines[1]["event"] == "error_page.failed"
    assert "honggildong" not in answer.text + str(lines)
