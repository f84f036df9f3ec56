"""Scheduled jobs of the chat: expired answers, cost reconciliation, temporary conversations."""
