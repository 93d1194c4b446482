"""Who may ask us. Owns agencies, their relying parties, every registration's history, clients that register themselves,
the streams of events that hang on them, and the types that prove an address was registered; hands on the catalogue. May
not know members.
"""
