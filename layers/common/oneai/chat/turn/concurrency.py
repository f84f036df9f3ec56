"""The number of concurrent answers of a user, by plan; with followers it is twice as many streams."""

from dataclasses import dataclass

from oneai import settings
from oneai.plans import PLANS
from oneai.settings import SettingsError


@dataclass(frozen=True)
class ConcurrencySettings:
    """`answers_at_once` by plan, such as `free=4`; a plan without an entry has its own number."""

    answers_at_once: tuple[str, ...] = ()


def answers_at_once() -> dict[str, int]:
    """The limit by tier: the configured one, else that of the plan. Raises SettingsError."""
    configured = {}
    for pair in settings.read(ConcurrencySettings).answers_at_once:
        tier, _, count = pair.partition("=")
        if tier not in PLANS or not (count.isascii() and count.isdigit() and int(count)):
            raise SettingsError(
                f"The setting ANSWERS_AT_ONCE holds {pair[:40]!r}, which is not a plan and a whole number."
            )
        configured[tier] = int(count)
    return {tier: configured.get(tier, plan.answers_at_once) for tier, plan in PLANS.items()}
