// S-boxes from the formula that their specification gives: shorter than the tables, and nothing to mistype.

// x ↦ matrix · xⁿ ⊕ constant over GF(2⁸). `columns` are what the matrix makes of each bit, the lowest first.
export function substitution(polynomial, power, columns, constant) {
  return Uint8Array.from({ length: 256 }, (_, x) => {
    let raised = 1;
    for (let i = 0; i < power; i += 1) raised = multiplied(raised, x, polynomial);
    return columns.reduce((sum, column, bit) => ((raised >> bit) & 1 ? sum ^ column : sum), constant);
  });
}

export function inverse(box) {
  const inverted = new Uint8Array(256);
  box.forEach((to, from) => {
    inverted[to] = from;
  });
  return inverted;
}

function multiplied(one, other, polynomial) {
  let product = 0;
  for (let factor = other; factor; factor >>= 1) {
    if (factor & 1) product ^= one;
    one = one & 0x80 ? (one << 1) ^ polynomial : one << 1;
  }
  return product;
}
