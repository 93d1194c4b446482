"""The identity provider. `docs/map.md` says which room holds what; imports run downwards only."""
