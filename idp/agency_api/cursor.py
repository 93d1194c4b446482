"""Cursors: where a page ended, sealed against invention. A list goes on only where we said it may."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from idp.agency_api.refusals import InvalidCursor
from idp.crypto.digests import Digester, same

_PURPOSE = "agency_api.cursor"
_MAC = 32
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Cursors:
    """Makes and reads them. One is good for one list of one relying party, for as long as anybody likes."""

    digester: Digester

    def make(self, whose: str, of: str, *position: str) -> str:
        """The cursor of a `position` in the list `of`."""
        said = json.dumps(position).encode()
        return base64.urlsafe_b64encode(self._mac(whose, of, said).encode() + said).rstrip(b"=").decode()

    def read(self, whose: str, of: str, cursor: str, parts: int) -> tuple[str, ...]:
        """The position, of as many parts as it was made with.

        Raises:
            InvalidCursor: it is none of ours, another relying party's or of another list.
        """
        if len(cursor) > _LONGEST:
            raise InvalidCursor("cursor")
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            mac, said = raw[:_MAC].decode("ascii"), raw[_MAC:]
        except (ValueError, binascii.Error) as error:
            raise InvalidCursor("cursor") from error
        if not same(mac, self._mac(whose, of, said)):
            raise InvalidCursor("cursor")
        position = tuple(str(part) for part in json.loads(said))
        if len(position) != parts:
            raise InvalidCursor("cursor")
        return position

    def _mac(self, whose: str, of: str, said: bytes) -> str:
        return self.digester.digest(_PURPOSE, json.dumps([whose, of, said.decode("utf-8", "replace")]))[:_MAC]
