"""Finds the function of a path by the rules of a REST API: whole segments, `{name}` and a greedy `{name+}`."""

import re
from collections.abc import Iterable
from typing import Protocol
from urllib.parse import unquote


class HasRoute(Protocol):
    """A method of a path's pattern."""

    @property
    def method(self) -> str:
        """`GET`, or `ANY`."""

    @property
    def path(self) -> str:
        """Such as `/conversations/{id}`."""


class TwoVariables(Exception):
    """Two paths differ by the name or the kind of a variable in the same place, which API Gateway refuses."""


class Routes[R: HasRoute]:
    """The resources of one API. Raises TwoVariables."""

    def __init__(self, routes: Iterable[R]) -> None:
        resources: dict[str, dict[str, R]] = {}
        for route in routes:
            resources.setdefault(route.path, {})[route.method] = route
        _refuse_two_variables(resources)
        # Literal segments take precedence over parameters, parameters over greedy ones, segment by segment.
        self._literal = {path: methods for path, methods in resources.items() if "{" not in path}
        self._patterns = [
            (_pattern(path), resources[path]) for path in sorted(resources.keys() - self._literal, key=_specificity)
        ]

    def find(self, path: str) -> tuple[dict[str, R], dict[str, str]] | None:
        """The resource at `path` (percent-encoded, without the stage): its methods, and the parameters in the path."""
        if path in self._literal:
            return self._literal[path], {}
        for pattern, methods in self._patterns:
            if found := pattern.fullmatch(path):
                return methods, {name: unquote(value) for name, value in found.groupdict().items()}
        return None


def _refuse_two_variables(paths: Iterable[str]) -> None:
    """A resource has one child with a variable: "A sibling of this resource already has a variable path part"."""
    variables: dict[str, str] = {}
    for path in paths:
        parent = ""
        for segment in path.split("/")[1:]:
            if "{" in segment and (other := variables.setdefault(parent, segment)) != segment:
                raise TwoVariables(f"API Gateway takes {parent}/{other} or {parent}/{segment}, and not both")
            parent += f"/{segment}"


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\+?\})", path)
    return re.compile("".join(_group(part) if part.startswith("{") else re.escape(part) for part in parts))


def _group(parameter: str) -> str:
    name = parameter.strip("{}")
    return f"(?P<{name[:-1]}>.+)" if name.endswith("+") else f"(?P<{name}>[^/]+)"


def _specificity(path: str) -> list[int]:
    return [2 if "+}" in segment else 1 if "{" in segment else 0 for segment in path.split("/")]
