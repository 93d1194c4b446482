"""How letters leave the house."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from idp.sections.section import Section


class Mail(Section):
    """Letters by e-mail."""

    delivery: Literal["file", "smtp"] = "file"
    """`file` writes them to `outbox_dir`, for a demonstration; `smtp` sends them."""
    outbox_dir: Path = Path("var/outbox")
    """Where `file` puts messages, SMS too; the demonstration shows them at `/demo/outbox`."""
    sender: str = "no-reply@onepass.example"
    """The address letters come from; its domain also names them (`Message-ID`). The name beside it is the brand's."""
    smtp_host: str = ""
    """The relay that takes our mail."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """587 for STARTTLS, 465 for TLS from the start."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the way to the relay is protected. `none` in production only toward a relay on this machine."""
    smtp_ca_file: Path | None = None
    """Whom to believe about the relay's certificate; absent, the system's authorities."""
    smtp_username: str = ""
    """Absent: the relay knows us by our address."""
    smtp_password: SecretStr = SecretStr("")
    """Better given as `IDP_MAIL__SMTP_PASSWORD` than written in a file."""
    timeout: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(0))
    """For handing one letter to the relay, as a whole."""


class Sms(Section):
    """Letters by SMS."""

    delivery: Literal["file", "gateway"] = "file"
    """`file` writes them to `mail.outbox_dir`; `gateway` posts them to `gateway_url` (idp/mail/sms_gateway.py)."""
    gateway_url: str = ""
    """The gateway that takes our SMS. https in production."""
    gateway_ca_file: Path | None = None
    """Whom to believe about the gateway's certificate; absent, the system's authorities."""
    gateway_token: SecretStr = SecretStr("")
    """Sent as a bearer token. Better given as `IDP_SMS__GATEWAY_TOKEN` than written in a file."""
    sender: str = ""
    """The number SMS come from, in digits; carriers drop those of unregistered numbers (발신번호 사전등록제)."""
    timeout: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """For handing one SMS to the gateway, as a whole."""
