"""How fast we are. Owns the load scripts and the stage they play on; hands on `python -m benchmarks.run`, whose tables
`docs/performance.md` records. May not be imported by the product, listens on loopback only, and leaves nothing behind.
"""
