"""The verification pages, and the simulator's own."""
