// DER, read strictly and within the octets that are there; and written. X.690 §10, §11.
//
// Every length is checked against what encloses it before it is used, so that a hostile file costs no more than its own
// size, and nothing here recurses.

import { refuse } from "./refusal.js";

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OID = 0x06;
export const UTF8_STRING = 0x0c;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;
export const context = (number) => 0x80 | number;
export const explicit = (number) => 0xa0 | number;

const MOST_CHILDREN = 512;
const LONGEST_OID = 40;

// One value at the front of `octets`: { tag, body, raw }. Views, not copies.
function readFront(octets) {
  if (octets.length < 2) refuse("damaged", "truncated");
  const tag = octets[0];
  if ((tag & 0x1f) === 0x1f) refuse("damaged", "long tag");
  let length = octets[1];
  let header = 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4) refuse("damaged", "length");
    if (octets.length < 2 + count) refuse("damaged", "truncated");
    length = 0;
    for (const octet of octets.subarray(2, 2 + count)) length = length * 256 + octet;
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) refuse("damaged", "length is not the shortest");
    header += count;
  }
  if (length > octets.length - header) refuse("damaged", "truncated");
  return { tag, body: octets.subarray(header, header + length), raw: octets.subarray(0, header + length) };
}

// The one value that `octets` are.
export function read(octets, tag) {
  const value = readFront(octets);
  if (value.raw.length !== octets.length) refuse("damaged", "trailing octets");
  return tag === undefined ? value : expect(value, tag);
}

// `value`, if its tag is this.
export function expect(value, tag) {
  if (value?.tag !== tag) refuse("damaged", "another tag");
  return value;
}

// The values within one that is made of others.
export function children(value) {
  if (!(value.tag & 0x20)) refuse("damaged", "not made of others");
  const found = [];
  let rest = value.body;
  while (rest.length) {
    if (found.length === MOST_CHILDREN) refuse("damaged", "too many values");
    const child = readFront(rest);
    found.push(child);
    rest = rest.subarray(child.raw.length);
  }
  return found;
}

// The values within a SEQUENCE.
export function sequence(value) {
  return children(expect(value, SEQUENCE));
}

// The one value within an explicit tag, or within an OCTET STRING that holds DER.
export function inside(value, tag) {
  return read(expect(value, tag).body);
}

export function oid(value) {
  const { body } = expect(value, OID);
  if (!body.length || body.length > LONGEST_OID || body.at(-1) & 0x80) refuse("damaged", "object identifier");
  const arcs = [];
  let arc = 0;
  for (const octet of body) {
    if (arc === 0 && octet === 0x80) refuse("damaged", "object identifier");
    arc = arc * 128 + (octet & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) refuse("damaged", "object identifier");
    if (octet & 0x80) continue;
    if (arcs.length) arcs.push(arc);
    else arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    arc = 0;
  }
  return arcs.join(".");
}

// A count that is not negative and fits a number, at most `most`; beyond that the file asks for what nobody should do.
export function count(value, most) {
  const { body } = expect(value, INTEGER);
  if (!body.length || body[0] & 0x80 || (body.length > 1 && body[0] === 0 && !(body[1] & 0x80))) {
    refuse("damaged", "integer");
  }
  const number = body.length > 6 ? Infinity : body.reduce((sum, octet) => sum * 256 + octet, 0);
  if (number > most) refuse("unsupported", "count");
  return number;
}

// The octets of a BIT STRING of whole octets.
export function bits(value) {
  const { body } = expect(value, BIT_STRING);
  if (!body.length || body[0] !== 0) refuse("damaged", "bit string");
  return body.subarray(1);
}

export function utf8(value) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(value.body);
  } catch {
    return refuse("damaged", "text");
  }
}

// Writing.

export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function write(tag, ...parts) {
  const body = join(...parts);
  const length = [];
  for (let rest = body.length; rest; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  return body.length < 0x80
    ? join([tag, body.length], body)
    : join([tag, 0x80 | length.length, ...length], body);
}

export function writeOid(dotted) {
  const [first, second, ...others] = dotted.split(".").map(Number);
  const octets = [first * 40 + second, ...others].flatMap((arc) => {
    const septets = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest; rest = Math.floor(rest / 128)) septets.unshift(0x80 | rest % 128);
    return septets;
  });
  return write(OID, octets);
}

// A SET OF in its one order. X.690 §11.6.
export function writeSetOf(tag, ...members) {
  const ordered = [...members].sort((one, other) => {
    const at = one.findIndex((octet, index) => octet !== other[index]);
    return at < 0 ? one.length - other.length : one[at] - (other[at] ?? -1);
  });
  return write(tag, ...ordered);
}
