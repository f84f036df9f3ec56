"""The event of any route, as API Gateway hands it over, filled with the examples of the OpenAPI document.

python -m local.sample_event "POST /chat/stream"
"""

import argparse
import json
import sys
from typing import Any
from urllib.parse import urlencode

from local import route_table, template
from local.data_folder import REPOSITORY
from local.events import Incoming, rest_event
from local.path_patterns import Routes
from openapi import FILE
from openapi.examples.admin import REQUEST_ID
from openapi.examples.chat import ANSWER_ID, CONVERSATION_ID
from openapi.examples.conversations import TOKEN
from openapi.examples.widget import PUBLIC_ID

HOST = "a1b2c3d4e5.execute-api.ap-south-1.amazonaws.com"
ACCESS_TOKEN = "ACCESS_TOKEN"
_PATH_PARAMETERS = {
    "id": CONVERSATION_ID,
    "mid": ANSWER_ID,
    "message_id": ANSWER_ID,
    "token": TOKEN,
    "quota_key": "small_messages",
    "request_id": REQUEST_ID,
    "kind": "mail",
    **dict.fromkeys(("user_id", "conversation_id", "answer_id", "run_id", "evaluation_id"), CONVERSATION_ID),
    **dict.fromkeys(("secret_id", "lead_id", "note_id"), CONVERSATION_ID),
    "public_id": PUBLIC_ID,
    "section": "recommended",
    "version": "1",
}
_PLAN = {"id": "pro"}
# Rows that are numbered.
_NUMBERED = {"id": "7"}
_QUERY = {
    "q": "monsoon",
    "token": "UNSUBSCRIBE_TOKEN",
    **dict.fromkeys(("with", "order_id", "grant_id"), CONVERSATION_ID),
}


def event_of(method: str, path: str, token: str = ACCESS_TOKEN) -> dict[str, Any]:
    """The event of a request with this access token. Raises KeyError where the template has no such route."""
    found = template.read(REPOSITORY / "template.yaml")
    served = route_table.read(found)
    if not any((route.method, route.path) == (method, path) for route in served):
        methods, _ = Routes(served).find(path) or ({}, {})
        if "ANY" not in methods:
            raise KeyError(f"{method} {path}")
    described = json.loads(FILE.read_text())["paths"][f"/{found.stage}{path}"][method.lower()]
    values = _PATH_PARAMETERS | (_PLAN if "/plans/" in path else {})
    if path.startswith(("/admin/quota-overrides/", "/admin/plan-grants/")):
        values = values | _NUMBERED
    parameters = described.get("parameters", [])
    address = path.format(**{each["name"]: values[each["name"]] for each in parameters if each["in"] == "path"})
    query = {each["name"]: _QUERY[each["name"]] for each in parameters if each["in"] == "query" and each["required"]}
    body = _example(described.get("requestBody", {}))
    headers = {"accept": "application/json", "authorization": f"Bearer {token}", "host": HOST}
    if body is not None:
        headers["content-type"] = "application/json"
    incoming = Incoming(
        request_id="c3f5a6de-8d1b-4f0e-9a7c-2b4d6e8f0a1c",
        method=method,
        path=f"/{found.stage}{address}",
        query=urlencode(query),
        headers=[*headers.items(), ("origin", "https://app.example.com"), ("user-agent", "Mozilla/5.0")],
        source_ip="203.0.113.7",
        body=b"" if body is None else json.dumps(body, ensure_ascii=False).encode(),
    )
    resource, inside = Routes(found.routes).find(address) or ({}, {})
    return rest_event(incoming, found.stage, next(iter(resource.values())).path, inside, found.binary_types)


def _example(body: dict[str, Any]) -> Any:
    """The first example of a request's body; None where it takes none."""
    for content in body.get("content", {}).values():
        for example in content.get("examples", {}).values():
            return example["value"]
    return None


def main() -> None:
    """Prints it."""
    parser = argparse.ArgumentParser(description="Print the event of a route, for `sam local invoke -e -`.")
    parser.add_argument("route", help='method and path, such as "POST /chat/stream"')
    parser.add_argument("--token", default=ACCESS_TOKEN, help="an access token, for routes that need a signed-in user")
    given = parser.parse_args()
    method, _, path = given.route.partition(" ")
    try:
        event = event_of(method.upper(), "/" + path.strip().removeprefix("/api").removeprefix("/"), given.token)
    except KeyError:
        sys.exit(f'There is no route "{given.route}" in template.yaml; one is "POST /chat/stream".')
    print(json.dumps(event, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
