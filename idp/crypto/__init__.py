"""Keys and what is done with them. Owns the key files, the signing keys and their rotation, our own signatures, the
encryption of fields, the keyed digests, and reading others' keys, tokens and certificates without a doubt; hands on
`Keyring`, `FieldCipher`, `Digester`, `jws.sign`, `jws.verify` and `ForeignJwt`.

Private keys and data keys never leave this room in a log, an exception or a `repr`. Knows no member, no relying party
and no table: what is sealed, and where it is kept, is its caller's, and so is whose a foreign key is.
"""
