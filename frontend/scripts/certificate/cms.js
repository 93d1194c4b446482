// CMS SignedData of one signer, with the text and the signer's certificate inside. RFC 5652 §5.

import { NULL, OCTET_STRING, SEQUENCE, SET, UTC_TIME, explicit, write, writeOid, writeSetOf } from "./der.js";
import * as names from "./names.js";

const ONE = Uint8Array.of(0x02, 0x01, 0x01);
const NOTHING = write(NULL);
const algorithm = (name, ...parameters) => write(SEQUENCE, writeOid(name), ...parameters);
const attribute = (name, value) => write(SEQUENCE, writeOid(name), write(SET, value));
// RFC 5754 §2: the parameters of SHA-2 are left out.
const DIGEST = algorithm(names.SHA256);

// The octets of a ContentInfo. `sign` gives the signature over octets, as X.509 writes it; `rule` says by what kind of key.
export async function signedData(text, certificate, rule, sign, at) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  const attributes = [
    attribute(names.CONTENT_TYPE, writeOid(names.DATA)),
    attribute(names.SIGNING_TIME, write(UTC_TIME, utcTime(at))),
    attribute(names.MESSAGE_DIGEST, write(OCTET_STRING, digest)),
  ];
  // Signed under the tag of a SET, sent under another. RFC 5652 §5.4.
  const signature = await sign(writeSetOf(SET, ...attributes));
  const by = rule.name === "ECDSA" ? algorithm(names.ECDSA_SHA256) : algorithm(names.RSA_SHA256, NOTHING);
  const signer = write(
    SEQUENCE,
    ONE,
    write(SEQUENCE, certificate.issuer, certificate.serial),
    DIGEST,
    writeSetOf(explicit(0), ...attributes),
    by,
    write(OCTET_STRING, signature),
  );
  const content = write(SEQUENCE, writeOid(names.DATA), write(explicit(0), write(OCTET_STRING, text)));
  const signed = write(SEQUENCE, ONE, write(SET, DIGEST), content, write(explicit(0), certificate.raw), write(SET, signer));
  return write(SEQUENCE, writeOid(names.SIGNED_DATA), write(explicit(0), signed));
}

// YYMMDDHHMMSSZ. X.690 §11.8.
function utcTime(at) {
  return new TextEncoder().encode(`${at.toISOString().replace(/\D/g, "").slice(2, 14)}Z`);
}
