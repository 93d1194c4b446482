// Why a certificate file is not opened. `code` names the sentence that the page has for it.
//
//   none          nothing was chosen
//   half          a certificate without its key, or a key without its certificate
//   several       several pairs that no folder keeps apart
//   large         no certificate file is as large
//   unsupported   a format, a cipher or a kind of key that is not read here
//   password      wrong password, or a damaged file: from outside the two look alike
//   damaged       a file that is no DER, or not of the form its kind has
//   pair          key and certificate do not belong together
//   expired, early, kind, insecure, late, failed

export class Refusal extends Error {
  constructor(code, detail = "") {
    super(detail ? `${code}: ${detail}` : code);
    this.name = "Refusal";
    this.code = code;
  }
}

export function refuse(code, detail) {
  throw new Refusal(code, detail);
}
