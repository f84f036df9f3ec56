"""Other addresses of the app's pages, and those that the first plans have, as CloudFront's function in template.yaml
knows them."""

import json
import re
from dataclasses import dataclass
from functools import cache

from local.data_folder import REPOSITORY
from local.template import document


@dataclass(frozen=True)
class Moved:
    """The target of an address that is not a page's own."""

    location: str
    planned: bool = False
    """Whether the address may get a page of its own, so that clients must not cache the target."""

    @property
    def text(self) -> str:
        """The text of the answer for a planned address."""
        return f"The nearest page is {self.location}\n"


def find(path: str) -> Moved | None:
    """The target of an address: the nearest page, another name of the page, or the address without a trailing slash.
    Returns None for a page's own address."""
    bare = "/" + "/".join(part for part in path.split("/") if part)
    if planned := _target(bare, "PLANNED"):
        return Moved(planned, planned=True)
    location = _target(bare, "MOVED") or (bare if path not in ("/", bare) and path.endswith("/") else None)
    return None if location is None else Moved(location)


def _target(path: str, table: str) -> str | None:
    if path in _table(table):
        return _table(table)[path]
    for above, target in _table(f"{table}_BELOW").items():
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
