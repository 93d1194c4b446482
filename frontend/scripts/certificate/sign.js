// From what was chosen and a password to what is posted: CMS in base64, and R.

import { INTEGER, SEQUENCE, join, read, write } from "./der.js";
import { signedData } from "./cms.js";
import { openPfx } from "./pfx.js";
import { openLocked, signingRule } from "./private-key.js";
import { Refusal, refuse } from "./refusal.js";
import { readCertificate } from "./x509.js";

// { cms, r }. `chosen` is { certificate, key } or { pfx }, in octets; `accepted` are the policies the server takes, none
// for any. Nothing is returned of the key, and what was opened of it is overwritten.
export async function signText(text, chosen, password, { now, accepted = [] }) {
  const secret = new TextEncoder().encode(password);
  try {
    const opened = chosen.pfx ? await openPfx(chosen.pfx, secret) : await openPair(chosen, secret);
    const certificate = await ownOf(opened);
    const problem = problemOf(certificate, now, accepted);
    if (problem) refuse(problem);
    const cms = await signedData(text, certificate, opened.rule, (octets) => signature(opened, octets), now);
    return { cms: base64(cms), r: opened.random };
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("failed", error?.name);
  } finally {
    secret.fill(0);
  }
}

// Why a certificate is of no use now, seen before anybody types a password; undefined when nothing speaks against it.
export function problemOf(certificate, now, accepted) {
  if (now > certificate.until) return "expired";
  if (now < certificate.from) return "early";
  const speaks = !accepted.length || certificate.policies.some((policy) => accepted.includes(policy));
  return speaks ? undefined : "kind";
}

async function openPair({ certificate, key }, secret) {
  const read_ = readCertificate(certificate);
  return { certificates: [read_], ...(await openLocked(read(key), secret)) };
}

// The certificate whose public key this private key's signatures fit.
async function ownOf({ certificates, key, rule }) {
  const probe = crypto.getRandomValues(new Uint8Array(32));
  const made = await crypto.subtle.sign(rule, key, probe);
  for (const certificate of certificates) {
    if (signingRule(certificate.algorithm).name !== rule.name) continue;
    const own = await crypto.subtle.importKey("spki", certificate.publicKey, rule, false, ["verify"]).catch(() => undefined);
    if (own && (await crypto.subtle.verify(rule, own, made, probe))) return certificate;
  }
  return refuse("pair");
}

async function signature({ key, rule }, octets) {
  const made = new Uint8Array(await crypto.subtle.sign(rule, key, octets));
  if (rule.name !== "ECDSA") return made;
  // WebCrypto gives r and s side by side, X.509 wants a SEQUENCE of them. RFC 3279 §2.2.3.
  return write(SEQUENCE, integer(made.subarray(0, 32)), integer(made.subarray(32)));
}

function integer(octets) {
  const first = octets.findIndex((octet) => octet !== 0);
  const shortest = first < 0 ? Uint8Array.of(0) : octets.subarray(first);
  return write(INTEGER, shortest[0] & 0x80 ? join([0], shortest) : shortest);
}

function base64(octets) {
  return btoa(Array.from(octets, (octet) => String.fromCharCode(octet)).join(""));
}
