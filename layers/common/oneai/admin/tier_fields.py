"""The tiers that a field may name: those of the catalogue, or those of them that are not free."""

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from oneai.field_errors import InvalidValue
from oneai.plans import PLANS


def _tiers(*, with_free: bool) -> list[str]:
    return [plan.tier for plan in PLANS.values() if with_free or not plan.free]


def _choice(tier: str, choices: list[str]) -> str:
    if tier not in choices:
        *first, last = map(repr, choices)
        raise InvalidValue("not_a_choice", f"This must be {', '.join(first)} or {last}.")
    return tier


def _any(tier: str) -> str:
    return _choice(tier, _tiers(with_free=True))


def _granted(tier: str) -> str:
    return _choice(tier, _tiers(with_free=False))


AnyTier = Annotated[str, AfterValidator(_any), WithJsonSchema({"enum": _tiers(with_free=True), "type": "string"})]
GrantedTier = Annotated[
    str, AfterValidator(_granted), WithJsonSchema({"enum": _tiers(with_free=False), "type": "string"})
]
