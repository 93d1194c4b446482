// Object identifiers by what they stand for.

// How keys are locked. KISA's own for SEED and ARIA (RFC 4269 §2, RFC 5794 §1.2); RFC 8018 Appendix C for the others.
export const PBES1_SEED = "1.2.410.200004.1.15";
export const SEED_CBC = "1.2.410.200004.1.4";
export const PBES2 = "1.2.840.113549.1.5.13";
export const PBKDF2 = "1.2.840.113549.1.5.12";
export const PRFS = {
  "1.2.840.113549.2.7": "SHA-1",
  "1.2.840.113549.2.9": "SHA-256",
  "1.2.840.113549.2.10": "SHA-384",
  "1.2.840.113549.2.11": "SHA-512",
};

// Which cipher, and the octets of its key.
export const CIPHERS = {
  [SEED_CBC]: ["seed", 16],
  "1.2.410.200046.1.1.2": ["aria", 16],
  "1.2.410.200046.1.1.7": ["aria", 24],
  "1.2.410.200046.1.1.12": ["aria", 32],
  "2.16.840.1.101.3.4.1.2": ["aes", 16],
  "2.16.840.1.101.3.4.1.22": ["aes", 24],
  "2.16.840.1.101.3.4.1.42": ["aes", 32],
};

// What NPKI adds. KCAC.TS.SIVID §6.
export const IDENTIFY_DATA = "1.2.410.200004.10.1.1";
export const RANDOM_NUMBER = "1.2.410.200004.10.1.1.3";

export const RSA = "1.2.840.113549.1.1.1";
export const RSA_SHA256 = "1.2.840.113549.1.1.11";
export const EC = "1.2.840.10045.2.1";
export const P256 = "1.2.840.10045.3.1.7";
export const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
export const SHA256 = "2.16.840.1.101.3.4.2.1";

export const COMMON_NAME = "2.5.4.3";
export const ORGANISATION = "2.5.4.10";
export const ALTERNATIVE_NAME = "2.5.29.17";
export const POLICIES = "2.5.29.32";
export const ANY_POLICY = "2.5.29.32.0";

export const DATA = "1.2.840.113549.1.7.1";
export const SIGNED_DATA = "1.2.840.113549.1.7.2";
export const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
export const CONTENT_TYPE = "1.2.840.113549.1.9.3";
export const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
export const SIGNING_TIME = "1.2.840.113549.1.9.5";

// RFC 7292 Appendix D.
export const KEY_BAG = "1.2.840.113549.1.12.10.1.1";
export const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
export const CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
export const X509 = "1.2.840.113549.1.9.22.1";
