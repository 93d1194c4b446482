"""Streams of events in their receivers' hands. Owns what a receiver may say of its stream, its status, its subjects and
its verification, and the fetching of events (RFC 8936); knows callers as relying parties whose token was good. May not
send: what it wants told goes into the outbox like everything else. OpenID Shared Signals Framework 1.0 §8.
"""
