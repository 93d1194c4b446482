"""How an authorization response travels: `response_mode`. OAuth 2.0 Multiple Response Type Encoding Practices §2.1,
OAuth 2.0 Form Post Response Mode, JARM §2.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

By = Literal["query", "fragment", "form_post"]

_NAMES: Mapping[str, tuple[By | None, bool]] = {
    "query": ("query", False),
    "fragment": ("fragment", False),
    "form_post": ("form_post", False),
    "jwt": (None, True),
    "query.jwt": ("query", True),
    "fragment.jwt": ("fragment", True),
    "form_post.jwt": ("form_post", True),
}
SUPPORTED = tuple(_NAMES)
_SHOWN_TO_BROWSERS = frozenset({"token", "id_token"})


@dataclass(frozen=True, slots=True)
class ResponseMode:
    """The way to the relying party, and whether the response is one signed JWT (JARM)."""

    by: By = "query"
    signed: bool = False

    @property
    def name(self) -> str:
        """As a request names it; never `jwt`, which only stands for one of the others."""
        return f"{self.by}.jwt" if self.signed else self.by

    @classmethod
    def named(cls, name: str) -> ResponseMode:
        """The mode of that `name`."""
        by, signed = _NAMES[name]
        return cls(by or "query", signed)


QUERY = ResponseMode()


def response_mode(parameters: Mapping[str, str], *, must_sign: bool) -> ResponseMode:
    """How the answer to a request goes, and how an error about it goes, whatever the request says.

    A mode that we do not know, or that would show tokens to servers and logs (`query`), is answered in the way that
    fits the response type: that is where its client listens (Multiple Response Types §5). With `must_sign` no answer
    goes unsigned, and a request that names no mode asks for `jwt`.
    """
    by, signed = _NAMES.get(parameters.get("response_mode", ""), (None, False))
    if _shows_tokens(parameters):
        by = by if by == "form_post" else "fragment"
    elif by is None:
        by = "query"
    signed = signed or must_sign
    return QUERY if by == "query" and not signed else ResponseMode(by, signed)


def why_not(parameters: Mapping[str, str], *, must_sign: bool) -> str | None:
    """Why the request's `response_mode` cannot be had, or None."""
    name = parameters.get("response_mode")
    if name is None:
        return None
    if name not in _NAMES:
        return "response_mode is not supported"
    by, signed = _NAMES[name]
    if by == "query" and _shows_tokens(parameters):
        return "response_mode query does not go with this response_type"
    if must_sign and not signed:
        return "answers to this client are signed: response_mode must be jwt or end in .jwt"
    if name == "form_post" and not {"\r", "\n"}.isdisjoint(parameters.get("state", "")):
        # A browser rewrites line ends in the fields of a form, and the state would not come back as it was.
        return "state holds a line end, which a form cannot carry"
    return None


def _shows_tokens(parameters: Mapping[str, str]) -> bool:
    return not _SHOWN_TO_BROWSERS.isdisjoint(parameters.get("response_type", "").split())
