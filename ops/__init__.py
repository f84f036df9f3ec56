"""Operators' commands, for the database at DATABASE_URL, production included, or for the stack that runs here."""
