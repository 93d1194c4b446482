"""The sign-in pages, and the two tabs of the login page."""
