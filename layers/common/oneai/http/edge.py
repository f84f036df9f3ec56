"""What the firewall in front of the API adds to a request."""

from dataclasses import dataclass

from starlette.requests import Request

from oneai import countries, settings

# AWS WAF overwrites it in every request (`Firewall` in template.yaml).
COUNTRY = "x-amzn-waf-country"


@dataclass(frozen=True)
class FirewallSettings:
    """`firewall_requests_per_minute`: 0 without a firewall. A client could then choose the country."""

    firewall_requests_per_minute: int = 0


def country_of(request: Request) -> str | None:
    """Where a request comes from, as `oneai/countries.py` reads it; None without a firewall."""
    if settings.read(FirewallSettings).firewall_requests_per_minute <= 0:
        return None
    return countries.read(request.headers.get(COUNTRY))
