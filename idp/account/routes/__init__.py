"""A member's own pages, a file for each entry of their menu."""
