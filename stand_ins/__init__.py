"""Stand-ins for outside services: local servers for the local stack and for tests. Never deployed.

Each one speaks the real service's HTTP API over state of its own, and has a control API for what the service does by
itself: failures, webhooks, mails.
"""
