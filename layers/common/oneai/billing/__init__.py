"""Subscriptions and money: what is sold, what was paid, and what follows from it."""
