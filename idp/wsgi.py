"""What a WSGI server loads: `idp.wsgi:app`, configured from the environment."""

from __future__ import annotations

from idp import logs
from idp.app import create_app
from idp.settings import load

logs.configure()
app = create_app(load())
