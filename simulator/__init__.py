"""A simulator of the providers that vouch for members: a process of its own, for demonstrations and tests.

Owns the providers' side of each shape, keys of its own, fictitious people, and a "phone" on which a tester approves,
refuses, delays or lets go wrong what was asked. Knows the identity provider only over HTTP and never imports it: what
is here is what stands at the other end of the wire. Nothing it says about anybody is true, and every page says so.
"""
