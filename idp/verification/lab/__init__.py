"""An NPKI-shaped lab: authorities, certificates good and bad, key files as members have them. Owns what only a
demonstration and tests need, SEED among it: the server itself never opens a key. Hands on `make_lab`, `open_lab`,
`renew` and an OCSP responder. What it issues bears a mark that production refuses, and only `commands` may import it.
"""
