"""A member's life in a real browser, against the provider, its worker and three relying parties as processes."""
