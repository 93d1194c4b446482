// What the page shows of a certificate and needs to sign with it. Whether it is good, the server says. RFC 5280 §4.1.

import * as der from "./der.js";
import { ALTERNATIVE_NAME, ANY_POLICY, COMMON_NAME, IDENTIFY_DATA, ORGANISATION, POLICIES } from "./names.js";
import { Refusal, refuse } from "./refusal.js";

const TIME = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;

// { raw, serial, issuer, publicKey, algorithm, from, until, name, issuedBy, policies }
export function readCertificate(octets) {
  const [signed, , signature] = der.sequence(der.read(octets));
  der.bits(signature);
  const fields = der.sequence(signed);
  if (fields[0]?.tag === der.explicit(0)) fields.shift();
  const [serial, , issuer, validity, subject, publicKey, ...others] = fields;
  der.expect(serial, der.INTEGER);
  const [from, until] = der.sequence(validity).map(time);
  const extensions = extensionsOf(others.find((each) => each.tag === der.explicit(3)));
  return {
    raw: octets,
    serial: serial.raw,
    issuer: der.expect(issuer, der.SEQUENCE).raw,
    publicKey: publicKey.raw,
    algorithm: der.sequence(publicKey)[0],
    from,
    until,
    // The common name carries a bank's numbers; the holder's own name is in identifyData.
    name: shown(() => realName(extensions.get(ALTERNATIVE_NAME))) || shown(() => named(subject, COMMON_NAME)),
    issuedBy: shown(() => named(issuer, ORGANISATION)) || shown(() => named(issuer, COMMON_NAME)),
    policies: policiesOf(extensions.get(POLICIES)),
  };
}

// Words only to be shown: what cannot be read of them hinders nobody from signing.
function shown(words) {
  try {
    return words();
  } catch (error) {
    if (error instanceof Refusal) return "";
    throw error;
  }
}

function time(value) {
  const found = TIME.exec(String.fromCharCode(...value.body.subarray(0, 16)));
  const digits = { [der.UTC_TIME]: 2, [der.GENERALIZED_TIME]: 4 }[value.tag];
  if (!found || found[1].length !== digits) refuse("damaged", "time");
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number);
  // RFC 5280 §4.1.2.5.1: two digits below fifty are of this century.
  const full = digits === 4 ? year : year + (year < 50 ? 2000 : 1900);
  return new Date(Date.UTC(full, month - 1, day, hour, minute, second));
}

function extensionsOf(list) {
  const found = new Map();
  for (const extension of list ? der.sequence(der.inside(list, list.tag)) : []) {
    const parts = der.sequence(extension);
    found.set(der.oid(parts[0]), der.inside(parts.at(-1), der.OCTET_STRING));
  }
  return found;
}

function realName(names) {
  for (const name of names ? der.sequence(names) : []) {
    if (name.tag !== der.explicit(0)) continue;
    const [type, value] = der.children(name);
    if (der.oid(type) !== IDENTIFY_DATA) continue;
    return der.utf8(der.expect(der.sequence(der.inside(value, der.explicit(0)))[0], der.UTF8_STRING)).trim();
  }
  return "";
}

function named(name, attribute) {
  for (const part of der.sequence(name).flatMap((each) => der.children(each))) {
    const [type, value] = der.sequence(part);
    if (der.oid(type) === attribute) return der.utf8(value).trim();
  }
  return "";
}

function policiesOf(list) {
  const policies = list ? der.sequence(list).map((each) => der.oid(der.sequence(each)[0])) : [];
  return policies.filter((policy) => policy !== ANY_POLICY);
}
