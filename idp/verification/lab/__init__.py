"""An NPKI-shaped lab: authorities, certificates good and bad, key files as members have them. Owns what only a
demonstration and tests need, SEED among it: the server itself never opens a key. Hands on `make_lab` and `renew`. What
it issues bears a mark that production refuses, and nothing that serves a request may import it.
"""
