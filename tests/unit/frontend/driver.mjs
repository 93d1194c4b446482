// Calls the page scripts for tests: a list of calls on stdin, the list of what they gave or refused on stdout.

import { webcrypto } from "node:crypto";
import { ariaOpener } from "../../../frontend/scripts/certificate/aria.js";
import { sorted } from "../../../frontend/scripts/certificate/chosen-files.js";
import * as der from "../../../frontend/scripts/certificate/der.js";
import { Refusal } from "../../../frontend/scripts/certificate/refusal.js";
import { seedOpener } from "../../../frontend/scripts/certificate/seed.js";
import { signText } from "../../../frontend/scripts/certificate/sign.js";

// Node 18 has it, but not where browsers do.
globalThis.crypto ??= webcrypto;

const octets = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (given) => Buffer.from(given).toString("hex");
const file = ({ name, content, size, path }) => ({
  name,
  path,
  size: size ?? content.length / 2,
  arrayBuffer: async () => octets(content ?? "").buffer,
});
const chosen = (given) =>
  Object.fromEntries(Object.entries(given).map(([kind, value]) => [kind, typeof value === "string" ? octets(value) : value]));

function walked(value, depth = 0) {
  if (!(value.tag & 0x20) || depth === 8) return 1;
  return der.children(value).reduce((sum, child) => sum + walked(child, depth + 1), 1);
}

const calls = {
  seed: ({ key, block }) => hex(seedOpener(octets(key))(octets(block))),
  aria: ({ key, block }) => hex(ariaOpener(octets(key))(octets(block))),
  walk: ({ content }) => walked(der.read(octets(content))),
  oid: ({ content }) => der.oid(der.read(octets(content))),
  count: ({ content }) => der.count(der.read(octets(content)), 1000),
  sign: ({ text, password, now, accepted, ...given }) =>
    signText(new TextEncoder().encode(text), chosen(given), password, { now: new Date(now), accepted }),
  sort: async ({ files }) =>
    (await sorted(files.map(file))).map(({ name, details, ...rest }) => ({
      name,
      kinds: Object.keys(rest).sort(),
      holder: details?.name,
      issuedBy: details?.issuedBy,
      until: details?.until,
    })),
};

const answers = [];
let given = "";
for await (const chunk of process.stdin) given += chunk;
for (const { call, ...parameters } of JSON.parse(given)) {
  try {
    answers.push({ gave: await calls[call](parameters) });
  } catch (error) {
    answers.push(error instanceof Refusal ? { refused: error.code } : { broke: String(error?.stack) });
  }
}
process.stdout.write(JSON.stringify(answers));
