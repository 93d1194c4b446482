"""Takes the pictures in `docs/screens/`: a demonstration of its own, a browser, and walks that stop at every page.

    python -m tools.screenshots             every picture anew
    python -m tools.screenshots joining     only those of some walks

A walk is a function in a file of its subject; `walks.WALKS` names them in their order. Nothing else needs to know of a
new one. Owns the pictures and nothing of the pages: what looks wrong on one is mended where the page is.
"""
