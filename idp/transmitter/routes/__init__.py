"""The transmitter's doors. Owns how requests become values and refusals become JSON; may not decide anything."""
