"""Messages as files, for a demonstration: what would have been sent can be read there, and nothing leaves us."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from idp.mail.carrier import Answer, Parcel, Verdict
from idp.mail.recipients import Channel

_WRITTEN = Answer(Verdict.SENT, "written")
_ID = re.compile(r"[a-z2-7]{26}\Z")
_NAME = re.compile(r"[0-9]{16}-[a-z2-7]{26}\.json\Z")


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as its file holds it."""

    id: str
    channel: Channel
    letter: str
    language: str
    made_at: datetime
    recipient: str = field(repr=False)
    text: str = field(repr=False)
    subject: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileOutbox:
    """One JSON file a message, named by when it was made, so that the newest is the last by name."""

    directory: Path

    def __call__(self, parcel: Parcel) -> Answer:
        """Write it; whole or not at all, and a repeat over itself."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.directory / f"{round(parcel.made_at.timestamp() * 1e6):016d}-{parcel.id}.json"
        content = {
            "id": parcel.id,
            "channel": parcel.channel.value,
            "letter": parcel.letter,
            "language": parcel.language,
            "made_at": parcel.made_at.isoformat(),
            "recipient": parcel.recipient,
            "subject": parcel.subject,
            "text": parcel.text,
            "html": parcel.html,
        }
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        # Codes and links are in it: nobody's to read but ours.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2)
        draft.replace(path)
        return _WRITTEN

    def names(self) -> list[str]:
        """Every message's file, the newest first."""
        if not self.directory.is_dir():
            return []
        return sorted((path.name for path in self.directory.iterdir() if _NAME.match(path.name)), reverse=True)

    def read(self, name: str) -> Kept | None:
        """The message in the file of one of `names`; None when it has gone."""
        try:
            content = json.loads((self.directory / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        made_at = datetime.fromisoformat(content.pop("made_at"))
        return Kept(channel=Channel(content.pop("channel")), made_at=made_at, **content)

    def find(self, message_id: str) -> Kept | None:
        """The message of this id."""
        if not _ID.match(message_id):
            return None
        name = next((name for name in self.names() if name.endswith(f"-{message_id}.json")), None)
        return None if name is None else self.read(name)
