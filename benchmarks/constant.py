"""The least a Flask application can do: what the server and Flask cost before we begin."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/")
def answer() -> str:
    """Two octets."""
    return "ok"
