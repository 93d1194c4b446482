"""Parameters as they were sent: each once, UTF-8, of bearable length."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from idp.oidc.errors import InvalidRequest

_MAX_FIELDS = 64
_MAX_VALUE = 16_384


def parameters(encoded: str | bytes) -> dict[str, str]:
    """The parameters of a query or form body; an empty value counts as absent (RFC 6749 §3.1).

    Werkzeug and pyop each pick one of several values in their own way; two readers who disagree about which
    `redirect_uri` counts are an attack, so a repeated parameter is refused before either sees it.

    Raises:
        InvalidRequest: a parameter comes twice, is not UTF-8 or too long, or there are too many.
    """
    octets = encoded if isinstance(encoded, bytes) else encoded.encode("utf-8", "surrogatepass")
    pieces = octets.split(b"&") if octets else []
    if len(pieces) > _MAX_FIELDS:
        raise InvalidRequest("too many parameters")
    found: dict[str, str] = {}
    seen: set[str] = set()
    for piece in pieces:
        raw_name, _, raw_value = piece.partition(b"=")
        name, value = _decoded(raw_name), _decoded(raw_value)
        if not name:
            continue
        if name in seen:
            raise InvalidRequest("a parameter is repeated")
        seen.add(name)
        if len(value) > _MAX_VALUE:
            raise InvalidRequest("a parameter is too long")
        if value:
            found[name] = value
    return found


def _decoded(raw: bytes) -> str:
    try:
        value = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeError:
        raise InvalidRequest("a parameter is not UTF-8") from None
    if "\x00" in value:
        raise InvalidRequest("a parameter holds a NUL character")
    return value
