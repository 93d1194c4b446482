// PFX: certificates and their key in one file. RFC 7292 §4.
//
// Its MAC is not checked: it says what opening the key says, whether the password is right, and that the key belongs to
// the certificate is seen from a signature.

import * as der from "./der.js";
import { CERTIFICATE_BAG, DATA, ENCRYPTED_DATA, KEY_BAG, SHROUDED_KEY_BAG, X509 } from "./names.js";
import { openLocked, openPlain, randomOf } from "./private-key.js";
import { Refusal, refuse } from "./refusal.js";
import { unlock } from "./unlock.js";
import { readCertificate } from "./x509.js";

// Whether what was read has the form of one.
export function isPfx(value) {
  const [version, content] = der.sequence(value);
  return version?.tag === der.INTEGER && content?.tag === der.SEQUENCE;
}

// { certificates, key, rule, random }
export async function openPfx(octets, password) {
  const [version, content] = der.sequence(der.read(octets));
  if (der.count(version, 3) !== 3) refuse("unsupported", "version");
  const certificates = [];
  let opened;
  for (const part of der.sequence(der.read(contentOf(content)))) {
    for (const bag of await bagsOf(part, password)) {
      const [kind, value, attributes] = der.sequence(bag);
      const name = der.oid(kind);
      if (name === CERTIFICATE_BAG) certificates.push(...certificateOf(value));
      else if (name === KEY_BAG || name === SHROUDED_KEY_BAG) {
        if (opened) refuse("several");
        opened = await keyOf(name, value, password);
        opened.random ||= attributes ? randomIn(attributes) : "";
      }
    }
  }
  if (!opened || !certificates.length) refuse("half");
  return { certificates, ...opened };
}

function contentOf(content) {
  const [type, value] = der.sequence(content);
  if (der.oid(type) !== DATA) refuse("unsupported", der.oid(type));
  return der.expect(der.inside(value, der.explicit(0)), der.OCTET_STRING).body;
}

async function bagsOf(part, password) {
  const [type, value] = der.sequence(part);
  if (der.oid(type) !== ENCRYPTED_DATA) return der.sequence(der.read(contentOf(part)));
  const [, encrypted] = der.sequence(der.inside(value, der.explicit(0)));
  const [, algorithm, locked] = der.sequence(encrypted);
  const plain = await unlock(algorithm, der.expect(locked, der.context(0)).body, password);
  try {
    return der.sequence(der.read(plain));
  } catch {
    throw new Refusal("password");
  }
}

function certificateOf(value) {
  const [type, octets] = der.sequence(der.inside(value, der.explicit(0)));
  if (der.oid(type) !== X509) return [];
  return [readCertificate(der.expect(der.inside(octets, der.explicit(0)), der.OCTET_STRING).body)];
}

async function keyOf(name, value, password) {
  const inner = der.inside(value, der.explicit(0));
  return name === KEY_BAG ? openPlain(inner.raw) : openLocked(inner, password);
}

// Some exports keep R beside the key instead of in it.
function randomIn(attributes) {
  return randomOf(der.expect(attributes, der.SET));
}
