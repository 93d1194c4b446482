// A private key as WebCrypto holds it, which no script can read out again, and R. RFC 5208 §5, §6; KCAC.TS.SIVID §6.3.

import { INTEGER, OCTET_STRING, SEQUENCE, SET, bits, children, expect, explicit, inside, oid, read, sequence, write } from "./der.js";
import { EC, P256, RANDOM_NUMBER, RSA } from "./names.js";
import { Refusal, refuse } from "./refusal.js";
import { unlock } from "./unlock.js";

const LONGEST_RANDOM = 64;

// How a key of this kind signs. `parameters` are those of its AlgorithmIdentifier.
export function signingRule(algorithm) {
  const [name, parameters] = sequence(algorithm);
  if (oid(name) === RSA) return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  if (oid(name) !== EC) return refuse("unsupported", oid(name));
  if (oid(parameters) !== P256) refuse("unsupported", "curve");
  return { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" };
}

// { key, rule, random }, from an EncryptedPrivateKeyInfo that was read. `random` is R in hex, or empty.
export async function openLocked(locked, password) {
  const [algorithm, octets] = sequence(locked);
  const plain = await unlock(algorithm, expect(octets, OCTET_STRING).body, password);
  try {
    return await openPlain(plain);
  } catch (error) {
    // The padding of a wrong password fitted by chance: what lies under it is no key.
    throw error instanceof Refusal && error.code === "damaged" ? new Refusal("password") : error;
  } finally {
    plain.fill(0);
  }
}

// The same, from the octets of a PrivateKeyInfo.
export async function openPlain(plain) {
  const [version, algorithm, key, ...others] = sequence(read(plain));
  expect(version, INTEGER);
  expect(key, OCTET_STRING);
  const rule = signingRule(algorithm);
  // Without the attributes: engines differ in whether they take a key that has some.
  const bare = write(SEQUENCE, version.raw, algorithm.raw, key.raw);
  try {
    const imported = await crypto.subtle.importKey("pkcs8", bare, rule, false, ["sign"]);
    return { key: imported, rule, random: randomOf(others.find((each) => each.tag === explicit(0))) };
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("damaged", "key");
  } finally {
    bare.fill(0);
  }
}

// R among attributes, in hex; empty where it is not there.
export function randomOf(attributes) {
  for (const attribute of attributes ? children(attributes) : []) {
    const [name, values] = sequence(attribute);
    if (oid(name) !== RANDOM_NUMBER) continue;
    const random = bits(inside(values, SET));
    if (random.length > LONGEST_RANDOM) refuse("damaged", "random number");
    return Array.from(random, (octet) => octet.toString(16).padStart(2, "0")).join("");
  }
  return "";
}
