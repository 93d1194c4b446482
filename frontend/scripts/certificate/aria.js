// ARIA, by which some newer key files are locked; browsers have none. Opening only. RFC 5794 §2.

import { inverse, substitution } from "./substitution.js";

const S1 = substitution(0x11b, 254, [0x1f, 0x3e, 0x7c, 0xf8, 0xf1, 0xe3, 0xc7, 0x8f], 0x63);
const S2 = substitution(0x11b, 247, [0xac, 0xc5, 0x12, 0xcf, 0x5b, 0x5f, 0x85, 0xee], 0xe2);
const ODD = [S1, S2, inverse(S1), inverse(S2)];
const EVEN = [ODD[2], ODD[3], ODD[0], ODD[1]];

// Which octets each octet of the diffusion layer is the sum of. RFC 5794 §2.4.3.
const SUMS = (
  "3 4 6 8 9 13 14/2 5 7 8 9 12 15/1 4 6 10 11 12 15/0 5 7 10 11 13 14/0 2 5 8 11 14 15/1 3 4 9 10 14 15/" +
  "0 2 7 9 10 12 13/1 3 6 8 11 12 13/0 1 4 7 10 13 15/0 1 5 6 11 12 14/2 3 5 6 8 13 15/2 3 4 7 9 12 14/" +
  "1 2 6 7 9 11 12/0 3 6 7 8 10 13/0 3 4 5 9 11 14/1 2 4 5 8 10 15"
)
  .split("/")
  .map((sum) => sum.split(" ").map(Number));

// The fractional part of 1/π, three times 128 bits. RFC 5794 §2.2.
const CONSTANTS = [
  [0x51, 0x7c, 0xc1, 0xb7, 0x27, 0x22, 0x0a, 0x94, 0xfe, 0x13, 0xab, 0xe8, 0xfa, 0x9a, 0x6e, 0xe0],
  [0x6d, 0xb1, 0x4a, 0xcc, 0x9e, 0x21, 0xc8, 0x20, 0xff, 0x28, 0xb1, 0xd5, 0xef, 0x5d, 0xe2, 0xb0],
  [0xdb, 0x92, 0x37, 0x1d, 0x21, 0x26, 0xe9, 0x70, 0x03, 0x24, 0x97, 0x75, 0x04, 0xe8, 0xc9, 0x0e],
];
const TURNS = [19, 31, 67, 97, 109];

const sum = (one, other) => one.map((octet, at) => octet ^ other[at]);
const substituted = (block, boxes) => block.map((octet, at) => boxes[at % 4][octet]);
const diffused = (block) => block.map((_, at) => SUMS[at].reduce((octet, from) => octet ^ block[from], 0));
const odd = (block, key) => diffused(substituted(sum(block, key), ODD));
const even = (block, key) => diffused(substituted(sum(block, key), EVEN));

// A function that opens one block of 16 octets, for a key of 16, 24 or 32.
export function ariaOpener(key) {
  const keys = openingKeys(key);
  return (block) => {
    let state = block;
    for (let round = 0; round < keys.length - 2; round += 1) state = (round % 2 ? even : odd)(state, keys[round]);
    return sum(substituted(sum(state, keys.at(-2)), EVEN), keys.at(-1));
  };
}

// The keys of sealing, the other way round, all but the outermost diffused. RFC 5794 §2.2, §2.3.2.
function openingKeys(key) {
  const rounds = 8 + key.length / 4;
  const left = key.slice(0, 16);
  const right = new Uint8Array(16);
  right.set(key.subarray(16));
  const constant = (which) => CONSTANTS[(which + (key.length - 16) / 8) % 3];
  const w = [left];
  w.push(sum(odd(left, constant(0)), right));
  w.push(sum(even(w[1], constant(1)), w[0]));
  w.push(sum(odd(w[2], constant(2)), w[1]));
  const keys = Array.from({ length: rounds + 1 }, (_, i) =>
    sum(w[i % 4], turned(w[(i + 1) % 4], TURNS[Math.floor(i / 4)])),
  ).reverse();
  return keys.map((each, at) => (at === 0 || at === rounds ? each : diffused(each)));
}

// Turned right by so many bits.
function turned(block, by) {
  const [octets, rest] = [by >> 3, by & 7];
  return block.map((_, at) => {
    const [from, before] = [block[(at - octets + 16) % 16], block[(at - octets + 15) % 16]];
    return (from >> rest) | (before << (8 - rest));
  });
}
