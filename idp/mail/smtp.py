"""E-mail by SMTP, over TLS whose certificate is verified. RFC 5321; RFC 3207 (STARTTLS); RFC 8314 §3.3 (TLS)."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from idp.errors import ConfigurationError
from idp.mail.carrier import Answer, Parcel, Verdict
from idp.mail.recipients import EmailAddress, UnusableRecipient
from idp.settings import Brand, Mail

# They say that we may not send as we are, not that this message cannot be sent: an operator mends it, and it goes out
# after all. RFC 4954 §6.
_ABOUT_OURSELVES = frozenset({530, 534, 535, 538})
_SENT = Answer(Verdict.SENT, "accepted")
_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPNotSupportedError, "lacks starttls or auth"),
    (smtplib.SMTPException, "disconnected"),
    (ssl.SSLError, "tls"),
)


class Smtp:
    """Hands every mail to one relay, by a connection of its own."""

    def __init__(self, settings: Mail, brand: Brand) -> None:
        """Check what the relay needs.

        Raises:
            ConfigurationError: a setting is missing or cannot be used.
        """
        if not settings.smtp_host:
            raise ConfigurationError("mail.smtp_host must name the relay when mail.delivery is smtp")
        try:
            self._from = EmailAddress(settings.sender).text
        except UnusableRecipient:
            raise ConfigurationError("mail.sender is no e-mail address") from None
        self._domain = self._from.rpartition("@")[2]
        self._settings = settings
        self._brand = brand
        try:
            self._tls = ssl.create_default_context(cafile=settings.smtp_ca_file)
        except OSError as error:
            raise ConfigurationError(f"mail.smtp_ca_file: {type(error).__name__}") from error
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def __repr__(self) -> str:
        return f"Smtp({self._settings.smtp_host}:{self._settings.smtp_port})"

    def __call__(self, parcel: Parcel) -> Answer:
        """One attempt. That a connection broke after the last octet may mean either; then it is sent again (RFC 1047),
        under the same `Message-ID`.
        """
        try:
            with self._session() as session:
                return self._hand_over(session, parcel)
        except (smtplib.SMTPException, OSError) as error:
            # Whatever failed before the relay had an opinion of this message.
            return Answer(Verdict.LATER, f"smtp {_what_failed(error)}")

    def _hand_over(self, session: smtplib.SMTP, parcel: Parcel) -> Answer:
        octets = self.message(parcel).as_bytes(policy=SMTP)
        code, _ = session.mail(self._from)
        if code != 250:
            # Of our sender, which is a setting: no fault of this message, whatever the class of the code.
            return Answer(Verdict.LATER, f"smtp mail {code}")
        code, _ = session.rcpt(parcel.recipient)
        if code not in (250, 251):
            return _refused("rcpt", code)
        try:
            code, _ = session.data(octets)
        except smtplib.SMTPDataError as error:
            return _refused("data", error.smtp_code)
        return _SENT if code == 250 else _refused("data", code)

    def message(self, parcel: Parcel) -> EmailMessage:
        """The mail as it goes out.

        Raises:
            ValueError: a header would hold a line break.
        """
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(self._brand.words(parcel.language).name, addr_spec=self._from)
        message["To"] = parcel.recipient
        message["Subject"] = parcel.subject
        message["Date"] = parcel.made_at
        message["Message-ID"] = f"<{parcel.id}@{self._domain}>"
        # Out-of-office notes would come back to an address nobody reads. RFC 3834 §5.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(parcel.text + "\n", cte="base64")
        if parcel.html:
            message.add_alternative(parcel.html + "\n", subtype="html", cte="base64")
        # Last: making alternatives moves what is known of the content into the first of them.
        message["Content-Language"] = parcel.language
        return message

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        ends_at = time.monotonic() + settings.timeout.total_seconds()
        # Named by the sender's domain: smtplib would else ask the resolver for this machine's, which can take seconds.
        where = {"host": settings.smtp_host, "port": settings.smtp_port, "local_hostname": self._domain}
        session: smtplib.SMTP
        if settings.smtp_security == "tls":
            session = _BoundedTls(ends_at, context=self._tls, **where)
        else:
            session = _Bounded(ends_at, **where)
        try:
            session.ehlo_or_helo_if_needed()
            if settings.smtp_security == "starttls":
                session.starttls(context=self._tls)
                session.ehlo_or_helo_if_needed()
            if settings.smtp_username:
                session.login(settings.smtp_username, settings.smtp_password.get_secret_value())
            yield session
            # The message is the relay's by now; how they part changes nothing.
            with suppress(smtplib.SMTPException, OSError):
                session.quit()
        finally:
            session.close()


class _Bounded(smtplib.SMTP):
    """A session that ends in time as a whole: smtplib alone bounds each wait, of which there are ten."""

    def __init__(self, ends_at: float, **options: Any) -> None:
        self._ends_at = ends_at
        super().__init__(timeout=_left(ends_at), **options)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            self.sock.settimeout(_left(self._ends_at))
        return super().getreply()


class _BoundedTls(_Bounded, smtplib.SMTP_SSL):
    """The same over TLS from the first octet."""


def _left(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _refused(command: str, code: int) -> Answer:
    final = 500 <= code <= 599 and code not in _ABOUT_OURSELVES
    return Answer(Verdict.REFUSED if final else Verdict.LATER, f"smtp {command} {code}")


def _what_failed(error: Exception) -> str:
    # smtplib tells a wait that was too long as a lost connection.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "timeout"
    if isinstance(error, smtplib.SMTPResponseException):
        return str(error.smtp_code)
    return next((name for kind, name in _FAILURES if isinstance(error, kind)), "connect")
