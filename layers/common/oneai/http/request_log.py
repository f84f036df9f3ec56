"""A log line for each request that a buffered function answers.

API Gateway's access log names the prefix of a request; this line names its route, under the same request id. It is
written without Powertools, as metrics are, because most cold starts log nothing else.
"""

import json
import sys

EVENT = "a request was answered"


def write(request_id: str, method: str, route: str | None, status: int, milliseconds: float) -> None:
    """Logs a request. `route` is the path's pattern, None where the address is not there. The line holds no value of a
    parameter, no query and no header."""
    line = {
        "level": "INFO",
        "message": EVENT,
        "request_id": request_id,
        "method": method,
        "route": route,
        "status": status,
        "ms": round(milliseconds),
    }
    # One write: lines of two tasks must not mix.
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()
