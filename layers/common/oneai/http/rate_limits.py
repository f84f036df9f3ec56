"""The rate limits of users, and of addresses that are not signed in; Postgres checks them."""

from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Literal, get_args

from oneai import settings
from oneai.plans.team_limits import of_team
from oneai.postgres.request_check import RateLimit
from oneai.settings import SettingsError

# Questions, searches, all other requests of a signed-in user, public routes that reach the database, and signing in.
type RateName = Literal["asking", "search", "other", "public", "sign_in"]
NAMES: tuple[RateName, ...] = get_args(RateName.__value__)
# Per minute, and the maximum burst.
DEFAULT = {"asking": (60, 120), "search": (60, 30), "other": (600, 200), "public": (120, 60), "sign_in": (20, 20)}
MAX_PER_MINUTE = 1_000_000
# A household or an office has at least this much of IPv6: addresses within it count as one client.
IPV6_PREFIX = 64


@dataclass(frozen=True)
class RateLimitSettings:
    """`rate_limits` by name, such as `asking=60/120`: per minute, and burst. Names without an entry have the
    default."""

    rate_limits: tuple[str, ...] = ()


def limit_of(name: RateName) -> RateLimit:
    """The limit with this name. Raises SettingsError if `RATE_LIMITS` is invalid."""
    return _limits(settings.read(RateLimitSettings))[name]


def limit_of_team(name: RateName) -> RateLimit:
    """The limit with this name for all members of a team together. Raises SettingsError."""
    limit = limit_of(name)
    return RateLimit(name, of_team(limit.per_minute), of_team(limit.burst))


def network_of(address: str | None) -> str:
    """The network whose requests are counted together: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        ip = ip_address(address or "")
    except ValueError:
        return "unknown"
    if ip.version == 6:
        return str(ip.ipv4_mapped or ip_network((ip, IPV6_PREFIX), strict=False))
    return str(ip)


@cache
def _limits(configured: RateLimitSettings) -> dict[str, RateLimit]:
    limits: dict[str, RateLimit] = {name: RateLimit(name, *DEFAULT[name]) for name in NAMES}
    for entry in configured.rate_limits:
        name, _, numbers = entry.partition("=")
        per_minute, _, burst = numbers.partition("/")
        if name not in limits or not (_is_count(per_minute) and _is_count(burst)):
            raise SettingsError(f"The setting RATE_LIMITS holds {entry[:40]!r}, which is not name=per_minute/burst.")
        limits[name] = RateLimit(name, int(per_minute), int(burst))
    return limits


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) <= MAX_PER_MINUTE
