"""Operators' commands, for the database at DATABASE_URL, production included, or for the local stack.

They parse arguments and print; the package does the work.
"""
