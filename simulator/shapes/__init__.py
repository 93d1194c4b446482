"""The provider's side of each shape, a file each. Owns paths, messages, seals and codes as the real ones have them; may
not know who asks: an asker is known by the keys in the papers alone.
"""
