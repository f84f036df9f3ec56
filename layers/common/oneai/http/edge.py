"""What the edge in front of the API adds to a request."""

from dataclasses import dataclass

from starlette.requests import Request

from oneai import countries, settings


@dataclass(frozen=True)
class EdgeSettings:
    """`country_header`: the header in which the edge names the country of a request. Empty where no edge overwrites it,
    because a client could then choose the country."""

    country_header: str = ""


def country_of(request: Request) -> str | None:
    """Where a request comes from, as `oneai/countries.py` reads it; None if no edge says it."""
    header = settings.read(EdgeSettings).country_header
    return countries.read(request.headers.get(header)) if header else None
