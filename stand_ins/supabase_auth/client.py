"""The program that sent a request, as `auth.sessions` stores it."""

from dataclasses import dataclass
from ipaddress import ip_address

from starlette.requests import Request


@dataclass(frozen=True)
class Client:
    """A program's `User-Agent` and address."""

    user_agent: str
    ip: str | None


def client_of(request: Request) -> Client:
    """The client of a request: its `User-Agent`, and its first `X-Forwarded-For` or else its own address."""
    address = request.headers.get("x-forwarded-for", "").partition(",")[0].strip()
    try:
        ip = str(ip_address(address or (request.client.host if request.client else "")))
    except ValueError:
        ip = None
    return Client(request.headers.get("user-agent", ""), ip)
