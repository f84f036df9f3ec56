"""Other names of the app's pages, as CloudFront's function in template.yaml knows them."""

import json
import re
from functools import cache

from local.data_folder import REPOSITORY
from local.template import document


def location(path: str) -> str | None:
    """The target of another name of a page or of a trailing slash; None for a page's own address."""
    bare = "/" + "/".join(part for part in path.split("/") if part)
    moved = _named(bare)
    return moved or (bare if path not in ("/", bare) and path.endswith("/") else None)


def _named(path: str) -> str | None:
    if path in _table("MOVED"):
        return _table("MOVED")[path]
    for above, target in _table("MOVED_BELOW").items():
        if path.startswith(above):
            return target + path.removeprefix(above) if target.endswith("/") else target
    return None


@cache
def _table(name: str) -> dict[str, str]:
    code = document(REPOSITORY / "template.yaml")["Resources"]["WebAddresses"]["Properties"]["FunctionCode"]
    match = re.search(rf"const {name} = (\{{.*?\}});", code, re.DOTALL)
    assert match is not None, f"CloudFront's function has no {name}"  # noqa: S101  template.yaml is part of this
    table: dict[str, str] = json.loads(match[1])
    return table
