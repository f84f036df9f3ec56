"""Query parameters that a route does not know are refused, as fields of a body are: a filter that is misspelt would
otherwise return more than was asked for. Two have a name in camelCase too."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request

from oneai.http.unknown_parameters import refuse_unknown

# Addresses that others call with parameters of their own: providers of sign-in, mail programs, monitors.
OPEN_TO_ANY = {
    ("GET", "/auth/callback"),
    ("GET", "/mail/unsubscribe"),
    ("POST", "/mail/unsubscribe"),
    ("GET", "/mail/confirm"),
    ("POST", "/mail/confirm"),
}
OPEN_PREFIX = "/health"
# Other names, which a route accepts if it declares the parameter.
OTHER_NAMES = {"useCase": "use_case", "chatbotId": "chatbot_id"}


def refuse_unknown_of(request: Request, route: APIRoute) -> None:
    """Refuses parameters that the route of the request does not know. Raises InvalidRequest, which names them.

    Renames those that were sent by another name, so it comes before anything reads them."""
    if request.scope["query_string"] and (known := known_parameters(route)) is not None:
        sent = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        renamed = [(_name_of(name, known), value) for name, value in sent]
        if renamed != sent:
            request.scope["query_string"] = urlencode(renamed).encode("latin-1")
        refuse_unknown((name for name, _ in renamed), known)


def _name_of(sent: str, known: frozenset[str]) -> str:
    """The name by which the route knows a parameter."""
    name = OTHER_NAMES.get(sent, sent)
    return name if name in known else sent


def known_parameters(route: APIRoute) -> frozenset[str] | None:
    """The names of the query parameters that a route and its dependencies declare; None where any is allowed."""
    if route.path.startswith(OPEN_PREFIX) or any((method, route.path) in OPEN_TO_ANY for method in route.methods or ()):
        return None
    return frozenset(_names_of(route.dependant))


def _names_of(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        annotation = parameter.field_info.annotation
        # A model stands for a parameter of each of its fields.
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from (field.alias or name for name, field in annotation.model_fields.items())
        else:
            yield parameter.alias
    for each in dependant.dependencies:
        yield from _names_of(each)
