"""OAuth 2.0 with a profile endpoint, for what has no ID token, such as Naver: the profile is asked for with the access
token that our own code was worth, which is all that ties it to this sign-in. RFC 6749 §4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.sections.providers import ProfileProvider
from idp.verification.evidence import Evidence
from idp.verification.method import Context, Memory, Turn
from idp.verification.providers.upstream import Upstream
from idp.verification.providers.wire import json_octets


@dataclass(frozen=True, slots=True)
class Profile(Upstream):
    """The member signs in there, and its profile says who that is."""

    told: ProfileProvider

    def begin(self, context: Context) -> Turn:
        return self.leave(context, self.wire.base_url + self.told.authorization_path, {})

    def finish(self, context: Context, memory: Memory, answer: Mapping[str, str]) -> Turn | Evidence:
        tokens = self.tokens(memory, answer, self.wire.base_url + self.told.token_path)
        access = tokens.text("access_token", 8000)
        profile = self.bearer(self.told.profile_url, access)
        self.by.first_use(self.provider, access)
        return self.evidence(context, self.identity(profile, {}), json_octets(profile.values))
