"""One use case a module, named by a verb; each owns its transaction and returns values."""
