"""In which form UserInfo answers a client: JSON or, where it registered so, a JWT. OpenID Connect Core §5.3.2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from idp.agencies.catalogue import Catalogue
from idp.oidc.errors import InvalidToken
from idp.oidc.tell_client import TellClient


@dataclass(frozen=True, slots=True)
class UserInfoAnswer:
    """The body and what it is."""

    body: str
    content_type: Literal["application/json", "application/jwt"]


@dataclass(frozen=True, slots=True)
class AnswerUserInfo:
    """Puts claims into the form that their reader registered."""

    issuer: str
    catalogue: Catalogue
    tell: TellClient

    def __call__(self, relying_party_id: str, claims: Mapping[str, Any]) -> UserInfoAnswer:
        """The answer.

        Raises:
            InvalidToken: the client is no longer registered.
            NoKeyOfClient: it is to be encrypted, and the client has no key for that.
        """
        party = self.catalogue.relying_party(relying_party_id)
        client = party.oidc if party is not None else None
        if client is None:
            raise InvalidToken("the access token is not valid")
        alg, encryption = client.userinfo_signed_response_alg, client.userinfo_encryption
        if alg is None and encryption is None:
            return UserInfoAnswer(json.dumps(claims, ensure_ascii=False), "application/json")
        payload = {**claims, "iss": self.issuer, "aud": client.client_id}
        return UserInfoAnswer(self.tell(client, payload, alg=alg, encryption=encryption), "application/jwt")
