"""The gateway with the reserved executions of Lambda: one more concurrent request gets a 503, as on Lambda.

It is served like `local.serve`. BENCH_UNBOUNDED=1 removes the limits that `bench_flood` measures, except those in the
database.
"""

import importlib
import os
from collections import Counter
from typing import Any

from local import buffered, serve, streamed
from oneai.conversations import fuzzy
from oneai.errors import Busy

# The smallest size in template.yaml.
RESERVED = {"chat_stream": 49, "visitor_chat": 12, "conversations": 31}


def reserve(kind: Any) -> None:
    """Counts the invocations of these functions, including those without a waiting client."""
    invoke, run = kind.invoke, kind._run
    running: Counter[str] = Counter()

    async def invoked(self: Any, *arguments: Any) -> Any:
        name = self.function.name
        if running[name] >= RESERVED.get(name, 1000):
            raise Busy(retry_after=1)
        running[name] += 1
        return await invoke(self, *arguments)

    async def ran(self: Any, *arguments: Any) -> Any:
        try:
            return await run(self, *arguments)
        finally:
            running[self.function.name] -= 1

    kind.invoke, kind._run = invoked, ran


def main() -> None:
    """Serves until SIGTERM."""
    for kind in (streamed.StreamedFunction, buffered.BufferedFunction):
        reserve(kind)
    if os.environ.get("BENCH_UNBOUNDED"):
        fuzzy.TIMEOUT_SECONDS = 10.0
        importlib.import_module("oneai.conversations.search").SECONDS = 10.0  # type: ignore[attr-defined]
    serve.main()


if __name__ == "__main__":
    main()
