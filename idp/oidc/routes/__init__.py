"""The doors of this room: what a browser passes through redirects or shows a page, what a server calls answers JSON."""
