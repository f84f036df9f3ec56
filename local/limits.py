"""AWS's limits. The local gateway enforces them, so that exceeding one shows before production."""

API_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway accepts no larger request body."""

INVOCATION_BYTES = 6 * 1024 * 1024
"""Lambda accepts no larger event and, from a buffered function, no larger answer."""

STREAM_BYTES = 200 * 1024 * 1024
"""The longest streamed response."""

REST_INTEGRATION_SECONDS = 29.0
"""How long API Gateway waits for a buffered function."""

STREAM_SECONDS = 900.0
"""How long API Gateway keeps a streamed response open."""

STREAM_IDLE_SECONDS = 300.0
"""How long a streamed response may be silent, on Regional endpoints."""
