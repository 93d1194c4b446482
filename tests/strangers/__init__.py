"""Clients that others wrote, against the provider as it runs: what they refuse, relying parties would refuse."""
