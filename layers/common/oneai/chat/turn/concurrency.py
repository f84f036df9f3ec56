"""How many answers a person may have written at once, by their plan; followers and answers together are twice that."""

from dataclasses import dataclass

from oneai import settings
from oneai.plans import PLANS
from oneai.settings import SettingsError

DEFAULT = {"free": 4, "pro": 8, "enterprise": 24}


@dataclass(frozen=True)
class AtOnceSettings:
    """`answers_at_once` by plan, such as `free=4`; a plan that it does not name has its default."""

    answers_at_once: tuple[str, ...] = ()


def answers_at_once() -> dict[str, int]:
    """By tier; one that is not stated anywhere has as many as `free`. Raises SettingsError."""
    stated = {}
    for pair in settings.read(AtOnceSettings).answers_at_once:
        tier, _, count = pair.partition("=")
        if tier not in DEFAULT or not (count.isascii() and count.isdigit() and int(count)):
            raise SettingsError(
                f"The setting ANSWERS_AT_ONCE holds {pair[:40]!r}, which is no plan and a whole number."
            )
        stated[tier] = int(count)
    found = DEFAULT | stated
    return {tier: found.get(tier, found["free"]) for tier in PLANS}
