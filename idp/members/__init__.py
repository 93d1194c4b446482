"""Persons and enterprises. Owns who they are (sealed under each member's own data key), how they are found (keyed
digests), their status, their withdrawal and what must be kept after it; hands on `Member`, `Profile` and the verbs. May
not know links, protocols or pages: what must happen elsewhere when a member leaves is supplied from above.
"""
