"""Fails while it is imported."""

raise LookupError("no configuration")
