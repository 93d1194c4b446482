"""Stand-ins for providers, until and beside the real ones: for demonstrations and tests. Owns fictitious people, what a
tester may let happen, and the methods in which nobody real vouches. Evidence made here says `simulated`, every page
says so too, and production refuses to start with any of it (REQ-16).
"""
