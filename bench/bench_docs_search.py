"""Compares a search of the documentation with an empty route, both called as Lambda calls them.

The function's own handler with the event of API Gateway, in this process: routing, checks of fields, the search, the
entity tag and the answer. The empty route has the same framework and middleware. They run in turns, under the same load
of the machine.
"""

import time
from types import SimpleNamespace
from typing import Any

from bench.report import median, ms, ratio, step, table
from local import template
from local.data_folder import REPOSITORY
from local.functions import load
from local.sample_event import event_of
from oneai.http.fastapi_app import application, handler_of

AIM = 3.0
ROUNDS = 300
QUERIES = {
    "one word": "refund",
    "a question": "how do I cancel my plan and get money back",
    "an unfinished word": "conv",
    "typos": "paymnet mehtod qoutas",
    "nothing to be found": "kubernetes zeppelin",
    "as long as may be": ("quota plan refund share model version " * 9)[:200],
}
EMPTY = "an empty route"


def event(query: str) -> dict[str, Any]:
    """The event of a search."""
    found = event_of("GET", "/docs/search")
    return {**found, "queryStringParameters": {"q": query}, "multiValueQueryStringParameters": {"q": [query]}}


def empty_handler() -> Any:
    """A handler with a single empty route."""
    app = application("Empty")

    @app.get("/docs/search")
    async def search() -> dict[str, str]:
        return {}

    return handler_of(app)


def seconds(handler: Any, sent: dict[str, Any]) -> float:
    """How long one invocation takes."""
    started = time.perf_counter()
    answer = handler(sent, SimpleNamespace(aws_request_id="bench"))
    taken = time.perf_counter() - started
    assert answer["statusCode"] == 200, answer
    return taken


def main() -> None:
    """Measures and prints."""
    function = template.read(REPOSITORY / "template.yaml").function("docs")
    assert function is not None
    ours, empty = load(function).handler, empty_handler()
    events = {name: event(query) for name, query in QUERIES.items()}
    times: dict[str, list[float]] = {name: [] for name in (EMPTY, *QUERIES)}
    for round_ in range(ROUNDS + 10):
        if round_ % 100 == 10:
            step(f"round {round_ - 10} of {ROUNDS}")
        taken = {EMPTY: seconds(empty, events["one word"])}
        taken |= {name: seconds(ours, sent) for name, sent in events.items()}
        for name, value in taken.items() if round_ >= 10 else ():
            times[name].append(value)
    rows = [[name, ms(median(each)), ms(sorted(each)[len(each) * 95 // 100])] for name, each in times.items()]
    table(["a request, ms", "median", "p95"], rows)
    for name in QUERIES:
        ratio(f"{name} to {EMPTY}", median(times[name]) / median(times[EMPTY]), AIM)


if __name__ == "__main__":
    main()
