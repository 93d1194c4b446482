"""What the program may be told of certificates that relying parties' servers show."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Literal, Self

from pydantic import Field, model_validator

from idp.sections.section import Section


class ClientCertificates(Section):
    """Certificates that relying parties' servers show in TLS, as the proxy that ended it hands them on. RFC 8705."""

    header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{1,64}$")
    """The header in which it does; absent, no request has a certificate. The proxy must put it into every request
    itself, empty where there was none."""
    form: Literal["rfc9440", "escaped_pem"] = "rfc9440"
    """How it is written there: `Client-Cert` of RFC 9440, or nginx's `$ssl_client_escaped_cert`."""
    verified_header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{1,64}$")
    """The header that says `SUCCESS` where the proxy found an authority behind the certificate that it was told to
    trust, as nginx's `$ssl_client_verify` does. Absent, `tls_client_auth` proves nobody."""
    proxies: list[str] = Field(default_factory=list)
    """Networks (CIDR) of the proxies that connect to us; whoever else sends these headers is not believed."""
    address: str | None = None
    """Where those who show a certificate find our endpoints, such as `https://mtls.login.example.org`; absent, at the
    issuer's own address. Published as `mtls_endpoint_aliases`."""

    @model_validator(mode="after")
    def _are_believed_from_somebody(self) -> Self:
        for each in self.proxies:
            if ip_network(each).prefixlen == 0:
                raise ValueError(f"proxies: {each} is everybody, whose word proves nothing")
        if (self.header is None) != (not self.proxies):
            raise ValueError("header and proxies go together")
        if self.header is None and (self.verified_header is not None or self.address is not None):
            raise ValueError("verified_header and address need header")
        if self.address is not None and re.fullmatch(r"https?://[!-~]+(?<!/)", self.address) is None:
            raise ValueError("address must be an http(s) address without a slash at its end")
        return self

    @property
    def methods(self) -> tuple[str, ...]:
        """The ways in which clients can be authenticated by them. RFC 8705 §2."""
        if self.header is None:
            return ()
        chained = ("tls_client_auth",) if self.verified_header is not None else ()
        return (*chained, "self_signed_tls_client_auth")
