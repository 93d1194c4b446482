"""An OCSP responder for a lab. RFC 6960; a toy that signs with the authority's own key and knows the lab's members."""

from __future__ import annotations

from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from idp.clock import Clock
from idp.verification.lab.make import Lab
from idp.verification.lab.members import MEMBERS

_LONGEST = 16 * 1024
_GOOD_FOR = timedelta(hours=1)


def answer(lab: Lab, request: bytes, now: datetime) -> bytes:
    """The answer to one request, in DER; that it is malformed, where it is."""
    try:
        asked = ocsp.load_der_ocsp_request(request)
        serial, nonce = asked.serial_number, [each.value for each in asked.extensions]
    except ValueError:
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    for member in MEMBERS:
        certificate = x509.load_der_x509_certificate(lab.certificate(member.folder))
        if certificate.serial_number != serial:
            continue
        status = ocsp.OCSPCertStatus.REVOKED if member.revoked else ocsp.OCSPCertStatus.GOOD
        builder = ocsp.OCSPResponseBuilder().add_response(
            certificate,
            lab.ca.certificate,
            hashes.SHA1(),  # noqa: S303  # names the issuer, as the request does
            status,
            now,
            now + _GOOD_FOR,
            now if member.revoked else None,
            x509.ReasonFlags.cessation_of_operation if member.revoked else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, lab.ca.certificate)
        for extension in nonce:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(lab.ca.key, hashes.SHA256()).public_bytes(Encoding.DER)
    return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)


def serve(lab: Lab, port: int, clock: Clock) -> None:
    """Answer on this machine until interrupted."""

    class Responder(BaseHTTPRequestHandler):
        timeout = 5

        def do_POST(self) -> None:  # the name that http.server calls
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > _LONGEST:
                self.send_error(413)
                return
            octets = answer(lab, self.rfile.read(int(length)), clock.now())
            self.send_response(200)
            self.send_header("Content-Type", "application/ocsp-response")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

    with ThreadingHTTPServer(("127.0.0.1", port), Responder) as server:
        server.serve_forever()


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
