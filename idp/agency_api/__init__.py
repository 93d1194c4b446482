"""What an agency's server may ask and tell by HTTP. Owns the agency API: its pages and cursors, the digests by which
both sides find where they differ, uploads read as they come, and the OpenAPI document. Links, accounts and rosters are
the room `links`'s, messages the outbox's. Shows a caller its own agency's links and its own relying party's accounts,
events and roster; may never show another's, and never says whether another's exist.
"""
