// What somebody chose, sorted: pairs of certificate and key by the folder they lie in, and PFX files. Reads no file before
// its size and name say that it can be one.

import { BIT_STRING, INTEGER, OCTET_STRING, SEQUENCE, read, sequence } from "./der.js";
import { isPfx } from "./pfx.js";
import { Refusal, refuse } from "./refusal.js";
import { readCertificate } from "./x509.js";

const LONGEST = 256 * 1024;
const MOST_FILES = 64;
const ENDING = /\.(der|cer|crt|key|pfx|p12)$/i;
// For encryption, not for signing; it lies beside the other in the same folder.
const FOR_ENCRYPTION = /^km(cert|pri)\./i;

// [{ name, certificate?, key?, pfx?, details? }]; `details` are of a certificate that can be read already.
export async function sorted(files) {
  const all = Array.from(files);
  if (!all.length) refuse("none");
  const likely = all.filter((file) => ENDING.test(file.name) && !FOR_ENCRYPTION.test(file.name));
  if (!likely.length) refuse(all.some((file) => file.size > LONGEST) ? "large" : "unsupported");
  const small = likely.filter((file) => file.size > 0 && file.size <= LONGEST);
  if (!small.length) refuse(likely.some((file) => file.size > LONGEST) ? "large" : "damaged");
  if (small.length > MOST_FILES) refuse("several");
  const folders = new Map();
  for (const file of small) {
    const octets = new Uint8Array(await file.arrayBuffer());
    const kind = kindOf(octets);
    const folder = folderOf(file);
    if (!folders.has(folder)) folders.set(folder, { certificate: [], key: [], pfx: [], unknown: [] });
    folders.get(folder)[kind].push({ file, octets });
  }
  const found = [...folders].flatMap(([folder, of]) => candidatesOf(folder, of));
  if (found.length) return found;
  const kinds = new Set([...folders.values()].flatMap((of) => Object.keys(of).filter((kind) => of[kind].length)));
  return refuse(kinds.has("certificate") || kinds.has("key") ? "half" : "damaged");
}

function folderOf(file) {
  const path = file.path || file.webkitRelativePath || "";
  return path.slice(0, path.lastIndexOf("/") + 1);
}

// By its form: a name may lie, and vendors name their files in several ways.
function kindOf(octets) {
  try {
    const parts = sequence(read(octets));
    if (parts.length === 2 && parts[0].tag === SEQUENCE && parts[1].tag === OCTET_STRING) return "key";
    if (parts.length === 3 && parts[0].tag === SEQUENCE && parts[2].tag === BIT_STRING) return "certificate";
    if (parts.length >= 2 && parts[0].tag === INTEGER && isPfx(read(octets))) return "pfx";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return "unknown";
}

function candidatesOf(folder, { certificate, key, pfx }) {
  if (certificate.length > 1 || key.length > 1) refuse("several");
  // A PFX beside a pair is an export of it.
  if (!certificate.length || !key.length) return pfx.map(({ file, octets }) => ({ name: folder + file.name, pfx: octets }));
  const [{ file, octets }] = certificate;
  return [{ name: folder || file.name, certificate: octets, key: key[0].octets, details: readCertificate(octets) }];
}
