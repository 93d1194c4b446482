// SEED, by which key files of NPKI are locked; browsers have none. Opening only. RFC 4269 §2.

import { substitution } from "./substitution.js";

const S0 = substitution(0x163, 247, [0x2c, 0xd0, 0x69, 0xc2, 0x41, 0x44, 0x58, 0xe2], 169);
const S1 = substitution(0x163, 251, [0xd0, 0x2a, 0xe1, 0x2c, 0x21, 0x30, 0xa2, 0x6c], 56);
const MASKS = [0xfc, 0xf3, 0xcf, 0x3f];

// The function G: one table for each octet that goes in. RFC 4269 §2.2.
const TABLES = [0, 1, 2, 3].map((place) =>
  Uint32Array.from({ length: 256 }, (_, x) => {
    const s = (place & 1 ? S1 : S0)[x];
    return MASKS.reduce((word, _mask, octet) => word | ((s & MASKS[(place + octet) & 3]) << (8 * octet)), 0);
  }),
);
const g = (x) => TABLES[0][x & 255] ^ TABLES[1][(x >>> 8) & 255] ^ TABLES[2][(x >>> 16) & 255] ^ TABLES[3][x >>> 24];

// KCi: the golden ratio, turned left. RFC 4269 §2.3.
const CONSTANTS = Int32Array.from({ length: 16 }, (_, i) => (0x9e3779b9 << i) | (i ? 0x9e3779b9 >>> (32 - i) : 0));

// A function that opens one block of 16 octets, for a key of as many.
export function seedOpener(key) {
  const keys = roundKeys(key);
  return (block) => {
    const view = new DataView(block.buffer, block.byteOffset, 16);
    let [l0, l1, r0, r1] = [0, 4, 8, 12].map((at) => view.getInt32(at));
    for (let round = 15; round >= 0; round -= 1) {
      let c = r0 ^ keys[2 * round];
      let d = g(c ^ r1 ^ keys[2 * round + 1]);
      c = g((c + d) | 0);
      d = g((c + d) | 0);
      [l0, l1, r0, r1] = [r0, r1, l0 ^ ((c + d) | 0), l1 ^ d];
    }
    const opened = new Uint8Array(16);
    const out = new DataView(opened.buffer);
    [r0, r1, l0, l1].forEach((word, index) => out.setInt32(4 * index, word));
    return opened;
  };
}

function roundKeys(key) {
  const view = new DataView(key.buffer, key.byteOffset, 16);
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => view.getInt32(at));
  const keys = new Int32Array(32);
  for (let round = 0; round < 16; round += 1) {
    keys[2 * round] = g((a + c - CONSTANTS[round]) | 0);
    keys[2 * round + 1] = g((b - d + CONSTANTS[round]) | 0);
    if (round % 2) [c, d] = [(c << 8) | (d >>> 24), (d << 8) | (c >>> 24)];
    else [a, b] = [(a >>> 8) | (b << 24), (b >>> 8) | (a << 24)];
  }
  return keys;
}
