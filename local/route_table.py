"""Every route of the API: what functions' routers answer at the addresses that the template gives to them.

The template gives a buffered function whole prefixes, and its router knows the routes below them. What is streamed has
each route in the template.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi.routing import APIRoute

from local.functions import load
from local.path_patterns import Routes
from local.template import Function, Route, Template, TemplateError


@dataclass(frozen=True)
class ServedRoute:
    """One method of one path's pattern, such as `GET /conversations/{id}`."""

    method: str
    path: str
    resource: Route
    """By which API Gateway calls the function."""

    @property
    def function(self) -> Function:
        """Who answers."""
        return self.resource.function


@cache
def read(template: Template) -> tuple[ServedRoute, ...]:
    """All routes, from functions that are loaded for it. Raises TemplateError as `served` does."""
    return tuple(served(template, lambda function: getattr(load(function), "app", None)))


def served(template: Template, app_of: Callable[[Function], Any]) -> Iterator[ServedRoute]:
    """All routes, with the apps of buffered functions by `app_of`. A function that is no FastAPI app has what the
    template says. Raises TemplateError for a route that the template does not lead to its function."""
    resources = Routes(template.routes)
    for function in dict.fromkeys(route.function for route in template.routes):
        own = [route for route in template.routes if route.function == function]
        answered = [] if any(route.streamed for route in own) else list(_answered(app_of(function)))
        if not answered:
            yield from (ServedRoute(route.method, route.path, route) for route in own)
        for method, path in answered:
            methods, _ = resources.find(path) or ({}, {})
            resource = methods.get(method) or methods.get("ANY")
            if resource is None or resource.function != function:
                raise TemplateError(f"{method} {path} of {function.name} is out of reach: the template leads elsewhere")
            yield ServedRoute(method, path, resource)


def _answered(app: Any) -> Iterator[tuple[str, str]]:
    """Method and path of everything that a FastAPI app answers."""
    for route in getattr(app, "routes", ()):
        if isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield method, route.path
