"""Request objects that a client hosts: `request_uri` by reference. RFC 9101 §5.2, OpenID Connect Core §6.2."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Final

from idp.agencies.oidc_registration import OidcRegistration
from idp.errors import TooManyAttempts
from idp.fetch import Fetch, FetchFailed
from idp.oidc.errors import InvalidRequestUri
from idp.oidc.request_object import LONGEST
from idp.storage.expiring.protocol import ExpiringStore
from idp.web.source_words import N_

_KINDS: Final = frozenset(
    {"application/oauth-authz-req+jwt", "application/jwt", "application/jose", "application/octet-stream", "text/plain"}
)
"""Files get the last two from servers that do not know better; a signature decides what they are."""
_AT_ONCE = 2
_PER_MINUTE = 600
_MINUTE = timedelta(minutes=1)


class HostedRequests:
    """Reads objects from where their client registered them, each time anew.

    Anybody can send a browser here with a client's registered address, and each reading keeps a thread: a few at once,
    and so many a minute for each client, so that no dead host takes all threads and no host gets our load.
    """

    def __init__(self, fetch: Fetch, store: ExpiringStore) -> None:
        self._fetch = fetch
        self._store = store
        self._free = threading.BoundedSemaphore(_AT_ONCE)

    def __call__(self, relying_party_id: str, client: OidcRegistration, request_uri: str) -> str:
        """The object at `request_uri`, unread.

        Raises:
            InvalidRequestUri: it is not registered character for character, or nothing that can be used is there.
            TooManyAttempts: too many at once, or in this minute.
        """
        if request_uri not in client.request_uris:
            raise InvalidRequestUri("request_uri is not registered")
        if self._store.increment(f"hosted-requests:{relying_party_id}", _MINUTE) > _PER_MINUTE:
            raise _too_many(60)
        if not self._free.acquire(blocking=False):
            raise _too_many(5)
        try:
            octets = self._fetch(request_uri, kinds=_KINDS, longest=LONGEST)
        except FetchFailed as error:
            raise InvalidRequestUri("nothing that can be used is at request_uri") from error
        finally:
            self._free.release()
        # Bytes that are no ASCII make no token, which its reader tells.
        return octets.decode("ascii", "replace").strip()


def _too_many(seconds: int) -> TooManyAttempts:
    return TooManyAttempts(
        "hosted request objects",
        public=N_("지금은 로그인 요청이 많아 처리하지 못했습니다. 잠시 후 다시 시도해 주세요."),
        retry_after=seconds,
    )
