"""What the stand-ins for direct providers share: what a model answers, faults of a server, and records of requests."""
