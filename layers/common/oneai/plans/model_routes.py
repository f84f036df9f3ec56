"""The ways that lead to a model for one workspace: which provider, what pays, and why not where it is not open."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel, Field

from oneai.models import Model, own_key_routes, own_models
from oneai.models.endpoint import ProviderName
from oneai.models.route import DEFAULT_ORDER, Candidate, KeyState, Means, OwnKey, Reason, Route, Source, candidates
from oneai.plans.limits_and_prices import QuotaKey

# Without these words, because a schema of each would be in the OpenAPI document.
RouteProvider = Literal["openrouter", "openai", "anthropic", "gemini", "replicate", "custom"]
RouteSource = Literal["own_key", "plan", "credits"]
RouteReason = Literal[
    "no_key",
    "key_refused",
    "key_exhausted",
    "key_limit_reached",
    "key_lacks_model",
    "not_in_plan",
    "plan_used_up",
    "credits_used_up",
    "credits_off",
    "not_sold_for_credits",
    "source_not_chosen",
    "set_aside",
]


class ModelRoute(BaseModel, defer_build=True):
    """One way to a model."""

    provider: RouteProvider = Field(description="Who is asked.")
    source: RouteSource = Field(
        description="What pays, as in `paid_by`: the workspace's own key, units of its plan, or credits."
    )
    available: bool = Field(description="Whether an answer can take this way now. The first available one is taken.")
    reason: RouteReason | None = Field(
        description="Why it is not available; null: it is. `no_key`: the workspace has no key for this provider. "
        "`key_refused`, `key_limit_reached` and `key_lacks_model` are about its key. `key_exhausted`: the account of "
        "its key had no credit within the last hour. A key that fails is not passed over, so later ways have its "
        "reason too. `credits_off`: the use of its credits is blocked. `source_not_chosen`: the workspace does not pay "
        "with this. `set_aside`: the provider failed a moment ago, and another one is asked first."
    )


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key of a workspace, as `oneai.usable_keys_of` returns it."""

    id: str
    provider: ProviderName
    name: str
    state: KeyState
    limit_reached: bool
    models: list[str] | None


@dataclass(frozen=True, slots=True)
class WorkspaceMeans:
    """What a workspace can pay with. `may_have_keys`: workspaces can have keys of their own here. `operators` are the
    providers that the operator asks, and `set_aside` those of them that failed a moment ago."""

    order: tuple[Source, ...] = DEFAULT_ORDER
    has_credits: bool = False
    credits_off: bool = False
    used_up: frozenset[str] = frozenset()
    keys: tuple[ShownKey, ...] = ()
    may_have_keys: bool = False
    operators: frozenset[ProviderName] = field(default_factory=lambda: frozenset({"openrouter"}))
    set_aside: frozenset[ProviderName] = frozenset()

    @classmethod
    def of(
        cls, row: dict[str, Any] | None, operators: frozenset[ProviderName], *, may_have_keys: bool
    ) -> "WorkspaceMeans":
        """From what `oneai.means_of_answers` returns; None: of someone who has nothing yet."""
        if row is None:
            return cls(operators=operators, may_have_keys=may_have_keys)
        sources: tuple[Source, ...] = tuple(row["sources"])
        return cls(
            # Own keys come first where the workspace's order does not name them.
            order=sources if "own_key" in sources else ("own_key", *sources),
            has_credits=row["has_credits"],
            credits_off=row["credits_off"],
            used_up=frozenset(row["used_up"]),
            keys=tuple(ShownKey(**each) for each in row["keys"]) if may_have_keys else (),
            may_have_keys=may_have_keys,
            operators=operators,
            set_aside=frozenset(row["set_aside"]),
        )


def routes_of(
    model: Model, means: WorkspaceMeans, quota: QuotaKey, *, in_plan: bool, is_sold: bool
) -> list[ModelRoute]:
    """The ways of a model in the order in which they are tried. `is_sold`: credits pay for it."""
    of_keys = [Route(each.provider, each.model) for each in own_key_routes.routes_of([model])]
    key_id = own_models.key_of(model.id)
    all_of = Means(
        own_keys=_keys(means.keys, None if key_id is None else str(key_id)),
        plan="not_in_plan" if not in_plan else "plan_used_up" if quota in means.used_up else None,
        credits=_credits(means, is_sold=is_sold),
        order=means.order,
        operator_routes=means.operators if model.by_operator else frozenset(),
    )
    # A key is asked at the model's own provider first, and the operator asks OpenRouter first.
    by_keys = [each for each in candidates(of_keys, all_of) if each.source == "own_key"]
    until = dict.fromkeys(means.set_aside, math.inf)
    by_operator = [each for each in candidates(own_models.routes_of(model), all_of, until) if each.source != "own_key"]
    by_operator = _without_lonely(by_operator)
    order = (*all_of.order, *(source for source in DEFAULT_ORDER if source not in all_of.order))
    found = sorted([*by_keys, *by_operator], key=lambda each: order.index(each.source))
    return [
        *_missing_keys(means, found, [each.provider for each in of_keys]),
        *(
            ModelRoute(provider=each.route.provider, source=each.source, available=each.available, reason=each.reason)
            for each in _blocked(found)
        ),
    ]


def _credits(
    means: WorkspaceMeans, *, is_sold: bool
) -> Literal["credits_used_up", "credits_off", "not_sold_for_credits"] | None:
    """Why credits do not pay; None: they do."""
    if not is_sold:
        return "not_sold_for_credits"
    if means.credits_off:
        return "credits_off"
    return None if means.has_credits else "credits_used_up"


def own_models_of(means: WorkspaceMeans, listed: Sequence[Model]) -> list[Model]:
    """The models that only the workspace's keys reach, without those that are `listed`: those that a server of the
    workspace listed at its last test, and those of the other providers in our table."""
    providers = {key.provider for key in means.keys}
    found = own_models.direct_models(providers, listed, by_operator=False)
    for key in means.keys:
        if key.provider == "custom":
            ids = [own_models.custom_id(key.id, name) for name in key.models or ()]
            found += [own_models.custom_model(each, key.name) for each in ids if own_models.find(each) is not None]
    return found


def _keys(keys: Sequence[ShownKey], only: str | None) -> list[OwnKey]:
    """One key for each provider: the oldest that its provider accepts. A model of a workspace's own server has the key
    of this server (`only`)."""
    found: dict[ProviderName, OwnKey] = {}
    for key in keys:
        if (key.id != only) if key.provider == "custom" else only is not None:
            continue
        earlier = found.get(key.provider)
        if earlier is None or (earlier.state != "active" and key.state == "active"):
            models = None if key.models is None else frozenset(key.models)
            found[key.provider] = OwnKey(key.id, key.provider, key.state, key.limit_reached, models)
    return list(found.values())


def _without_lonely(found: Sequence[Candidate]) -> list[Candidate]:
    """The operator's candidates, where a provider that is set aside is open if its source has no other: it is asked
    then."""
    is_open = {each.source for each in found if each.available}
    return [
        replace(each, reason=None) if each.reason == "set_aside" and each.source not in is_open else each
        for each in found
    ]


def _missing_keys(
    means: WorkspaceMeans, found: Sequence[Candidate], providers: Sequence[ProviderName]
) -> list[ModelRoute]:
    """The ways that a key would open."""
    if not means.may_have_keys or "own_key" not in means.order:
        return []
    present = {each.route.provider for each in found if each.source == "own_key"}
    return [
        ModelRoute(provider=each, source="own_key", available=False, reason="no_key")
        for each in providers
        if each not in present and each != "custom"
    ]


def _blocked(found: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, where those after a key that fails have its reason: only a provider that is busy or broken leaves
    an answer to another source."""
    shown: list[Candidate] = []
    reason: Reason | None = None
    is_open = {each.source for each in found if each.available}
    for each in found:
        if each.source == "own_key" and "own_key" not in is_open and each.reason != "source_not_chosen":
            reason = reason or each.reason
        shown.append(replace(each, reason=reason) if reason is not None and each.available else each)
    return shown
