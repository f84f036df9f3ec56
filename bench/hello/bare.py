"""A minimal function."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Answers every event of the API."""
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": '{"hello": "world"}'}
