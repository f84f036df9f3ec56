"""Reads users' files into pieces of text. `extraction.process` runs it in isolation."""
