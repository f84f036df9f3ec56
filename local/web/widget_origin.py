"""What is at the widget's own origin, as CloudFront's function in template.yaml knows it: its files, and the documents
that the API makes for each chatbot. On this machine that origin is `localhost`, beside `127.0.0.1`."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from local.data_folder import REPOSITORY
from local.template import document

_DOCUMENT = re.compile(r"/(widget|chat)/([a-z0-9]{20})")


def files() -> list[str]:
    """The addresses of the files."""
    listed: list[str] = _table("FILES")
    return listed


def api_path(scope: Mapping[str, Any], origin: str) -> str | None:
    """The API's address of the document that a request to the widget's `origin` asks for; None for other requests."""
    found = _DOCUMENT.fullmatch(scope["path"])
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"), "")
    if not origin or not found or scope["method"] not in ("GET", "HEAD") or host != urlsplit(origin).netloc:
        return None
    return f"/api/widget/{found[2]}/{_table('DOCUMENTS')[found[1]]}"


@cache
def _table(name: str) -> Any:
    code = document(REPOSITORY / "template.yaml")["Resources"]["WidgetAddresses"]["Properties"]["FunctionCode"]
    match = re.search(rf"const {name} = (.*?);", code, re.DOTALL)
    assert match is not None, f"CloudFront's function has no {name}"  # noqa: S101  template.yaml is part of this
    return json.loads(match[1])
