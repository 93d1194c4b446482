"""`install`: the one place where this room is wired into an application."""

from __future__ import annotations

from flask import Blueprint, Flask

from idp.randomness import Randomness, SystemRandomness
from idp.settings import Settings
from idp.web import addresses, assets, csrf, errors, get_only, headers, translations
from idp.web.dates import korean_day, korean_time
from idp.web.issuers import issuer_name
from idp.web.masking import mask_address

BODY_LIMIT = 256 * 1024
"""No form or SAML message of ours comes near this; what is larger is answered 413 before it is read."""

_SYSTEM_RANDOMNESS = SystemRandomness()


def install(app: Flask, settings: Settings, *, randomness: Randomness = _SYSTEM_RANDOMNESS) -> None:
    """Give `app` the pages' common ground: call once, before the first request. `randomness` makes error references.

    The application brings its own secret key.
    """
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        korean_day=korean_day, korean_time=korean_time, mask_address=mask_address, issuer_name=issuer_name
    )
    app.register_blueprint(Blueprint("web", __name__, template_folder="templates"))
    translations.install(app, settings)
    assets.install(app, settings)
    csrf.install(app, settings)
    get_only.install(app)
    errors.install(app, randomness)
    addresses.install(app)
    headers.install(app, settings)
