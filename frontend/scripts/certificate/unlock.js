// What a password locked, opened: PBES1 with SEED, PBES2 with SEED, ARIA or AES. RFC 8018 §6; KCAC.TS.ENC §6.

import { ariaOpener } from "./aria.js";
import { OCTET_STRING, SEQUENCE, children, count, expect, join, oid, sequence } from "./der.js";
import { CIPHERS, PBES1_SEED, PBES2, PBKDF2, PRFS, SEED_CBC } from "./names.js";
import { Refusal, refuse } from "./refusal.js";
import { seedOpener } from "./seed.js";

// Files ask for 2,048 to 10,000 rounds. What asks for more than these would keep the page busy for long.
const MOST_DIGESTS = 100_000;
const MOST_ROUNDS = 2_000_000;
const SHORTEST_SALT = 8;
const BLOCK = 16;
const FIXED_IV = new TextEncoder().encode("0123456789012345");
const BY_HAND = { seed: seedOpener, aria: ariaOpener };

// The octets within. `algorithm` is an AlgorithmIdentifier that was read, `password` octets.
export async function unlock(algorithm, locked, password) {
  if (!locked.length || locked.length % BLOCK) refuse("damaged", "length of what is locked");
  const [name, parameters] = sequence(algorithm);
  const { cipher, key, iv } = await derived(oid(name), parameters, password);
  try {
    return cipher === "aes" ? await byBrowser(key, iv, locked) : byHand(BY_HAND[cipher](key), iv, locked);
  } finally {
    key.fill(0);
  }
}

async function derived(name, parameters, password) {
  if (name === PBES1_SEED || name === SEED_CBC) return byPbes1(name, parameters, password);
  if (name === PBES2) return byPbes2(parameters, password);
  return refuse("unsupported", name);
}

// PBKDF1 gives 20 octets: the key, and what the IV is a digest of. The oldest files have one IV for all.
async function byPbes1(name, parameters, password) {
  const [salt, rounds] = sequence(parameters);
  let state = join(password, salted(salt));
  for (let left = roundsOf(rounds, MOST_DIGESTS); left; left -= 1) {
    const next = await sha1(state);
    state.fill(0);
    state = next;
  }
  const iv = name === SEED_CBC ? FIXED_IV : (await sha1(state.slice(16))).slice(0, BLOCK);
  const key = state.slice(0, 16);
  state.fill(0);
  return { cipher: "seed", key, iv };
}

async function byPbes2(parameters, password) {
  const [derivation, scheme] = sequence(parameters);
  const [derivedBy, given] = sequence(derivation);
  const [cipherName, iv] = sequence(scheme);
  const [cipher, size] = CIPHERS[oid(cipherName)] ?? refuse("unsupported", oid(cipherName));
  if (oid(derivedBy) !== PBKDF2) refuse("unsupported", oid(derivedBy));
  if (expect(iv, OCTET_STRING).body.length !== BLOCK) refuse("damaged", "initial vector");
  const [salt, rounds, ...others] = sequence(given);
  // keyLength is optional and says what the cipher says; prf, where absent, is HMAC with SHA-1. RFC 8018 §A.2.
  const prf = others.find((each) => each.tag === SEQUENCE);
  const hash = prf === undefined ? "SHA-1" : (PRFS[oid(children(prf)[0])] ?? refuse("unsupported", "prf"));
  const iterations = roundsOf(rounds, MOST_ROUNDS);
  const secret = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const rule = { name: "PBKDF2", hash, salt: salted(salt), iterations };
  const key = new Uint8Array(await crypto.subtle.deriveBits(rule, secret, 8 * size));
  return { cipher, key, iv: iv.body };
}

function salted(value) {
  const { body } = expect(value, OCTET_STRING);
  if (body.length < SHORTEST_SALT) refuse("damaged", "salt");
  return body;
}

// With none, the password itself would be the key.
function roundsOf(value, most) {
  return count(value, most) || refuse("damaged", "no rounds");
}

async function byBrowser(key, iv, locked) {
  const imported = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"]);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, imported, locked));
  } catch {
    throw new Refusal("password");
  }
}

function byHand(open, iv, locked) {
  const opened = new Uint8Array(locked.length);
  let before = iv;
  for (let at = 0; at < locked.length; at += BLOCK) {
    const block = locked.slice(at, at + BLOCK);
    open(block).forEach((octet, index) => {
      opened[at + index] = octet ^ before[index];
    });
    before = block;
  }
  // PKCS #7 padding: with another password it fits once in 256 times, and what follows finds no key there.
  const padding = opened.at(-1);
  const fits = padding >= 1 && padding <= BLOCK && opened.subarray(-padding).every((octet) => octet === padding);
  if (!fits) {
    opened.fill(0);
    refuse("password");
  }
  const plain = opened.slice(0, -padding);
  opened.fill(0);
  return plain;
}

async function sha1(octets) {
  return new Uint8Array(await crypto.subtle.digest("SHA-1", octets));
}
