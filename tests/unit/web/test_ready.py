"""Ready answers are the application's own, and only while its document stands."""

from __future__ import annotations

from flask import Flask, Response, request, session

from idp.web.ready import ReadyAnswers


def _application(document: list[bytes]) -> tuple[Flask, list[str]]:
    app, reached = Flask("tests"), list[str]()
    app.secret_key = "signs nothing"

    @app.route("/document", methods=["GET", "POST"])
    def answer() -> Response:
        reached.append(request.method)
        if "fail" in request.args:
            return Response("no", 503)
        if "cookie" in request.args:
            session["k"] = "v"
        return Response(document[0], headers={"X-Kept": "yes"}, content_type="application/json")

    app.wsgi_app = ReadyAnswers(app.wsgi_app, {"/document": lambda: document[0]})  # type: ignore[method-assign]
    return app, reached


def test_repeats_the_answer_with_its_headers() -> None:
    """The application is asked once; the second answer does not differ from the first."""
    app, reached = _application([b"{}"])
    first, second = (app.test_client().get("/document") for _ in range(2))
    assert (first.status, first.data, list(first.headers)) == (second.status, second.data, list(second.headers))
    assert second.headers["X-Kept"] == "yes"
    assert reached == ["GET"]


def test_asks_again_when_the_document_changed() -> None:
    """A new key is in the next answer, not in that of the next restart."""
    document = [b"one"]
    app, reached = _application(document)
    assert app.test_client().get("/document").data == b"one"
    document[0] = b"two"
    assert [app.test_client().get("/document").data for _ in range(2)] == [b"two", b"two"]
    assert reached == ["GET", "GET"]


def test_keeps_no_failure_and_no_cookie() -> None:
    """What was about one request is not given to another; a kept Set-Cookie would hand one browser's mark to all."""
    app, reached = _application([b"{}"])
    assert app.test_client().get("/document?fail").status_code == 503
    assert "Set-Cookie" in app.test_client().get("/document?cookie").headers
    assert "Set-Cookie" not in app.test_client().get("/document").headers
    assert len(reached) == 3


def test_lets_other_methods_through() -> None:
    """Only GET is answered here; HEAD and the refusal of POST stay Flask's (RFC 9110 §9.3.2)."""
    app, reached = _application([b"{}"])
    client = app.test_client()
    client.get("/document")
    assert client.head("/document").data == b""
    client.post("/document")
    assert reached == ["GET", "HEAD", "POST"]
