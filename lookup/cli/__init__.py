"""The second composition root: everything that is started from a shell."""
