"""Programs that make files of this project from others; the provider never runs them."""
