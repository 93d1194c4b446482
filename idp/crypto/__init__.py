"""Keys and what is done with them. Owns the key files, the signing keys and their rotation, our own signatures, the
encryption of fields and the keyed digests; hands on `Keyring`, `FieldCipher`, `Digester`, `jws.sign` and `jws.verify`.

Private keys and data keys never leave this room in a log, an exception or a `repr`. Knows no member, no relying party
and no table: what is sealed, and where it is kept, is its caller's. Other parties' keys and tokens are not its concern.
"""
