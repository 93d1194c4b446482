"""Letters as text: the files of `templates/<language>/`, filled."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from idp.mail.carrier import Parcel
from idp.mail.letters import AnyLetter, Language
from idp.mail.recipients import Channel
from idp.mail.store import Claimed
from idp.settings import Brand, Settings

TEMPLATES = Path(__file__).parent / "templates"

# Fixed: Korea keeps no summer time, and slim images carry no time zone database.
_KOREA = timezone(timedelta(hours=9), "KST")


@dataclass(frozen=True, slots=True)
class Render:
    """Writes letters for one deployment."""

    environment: Environment
    brand: Brand

    @classmethod
    def of(cls, settings: Settings) -> Render:
        """With the deployment's brand; every link it can write begins with its issuer."""
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            # By name, because most letters are plain text: `&amp;` in a subject would be a defect, not a protection.
            autoescape=lambda name: name is not None and name.endswith(".html"),  # noqa: S701
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters["moment"] = _moment
        environment.globals |= {
            "issuer": settings.issuer,
            "host": urlsplit(settings.issuer).hostname or "",
        }
        return cls(environment, settings.brand)

    def __call__(self, claimed: Claimed, recipient: str, letter: AnyLetter) -> Parcel:
        """The parcel of a claimed message, the same at every attempt."""
        language = Language(claimed.language)
        values: dict[str, Any] = {each.name: getattr(letter, each.name) for each in fields(letter)}
        if "path" in values:
            values["link"] = self.environment.globals["issuer"] + values["path"]

        def written(form: str) -> str:
            template = self.environment.get_template(f"{language}/{letter.letter}.{form}")
            return template.render(values, language=language, brand=self.brand.words(language)).strip()

        written_for = {"subject": "subject.txt", "text": "txt", "html": "html"}
        if claimed.channel is Channel.SMS:
            written_for = {"text": "sms.txt"}
        return Parcel(
            id=claimed.id,
            channel=claimed.channel,
            letter=claimed.letter,
            language=claimed.language,
            made_at=claimed.made_at,
            recipient=recipient,
            **{part: written(form) for part, form in written_for.items()},
        )


def sms_octets(text: str) -> int:
    """The length Korean carriers count, in EUC-KR: a Hangul syllable is two octets."""
    return len(text.encode("euc-kr", "replace"))


def _moment(instant: datetime) -> str:
    """`2026-11-25 17:35`, as a clock in Korea shows it."""
    return instant.astimezone(_KOREA).strftime("%Y-%m-%d %H:%M")
