"""Computes the billing state from facts with pure functions, which use no clock, database or settings."""
