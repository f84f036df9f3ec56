"""Which ways an answer may take, the best first, and why each of the others is not open.

A candidate is a route (a provider and its name of the model) and a source that pays: the workspace's own key for that
provider, then the units of its plan, then credits, unless the workspace says otherwise. Nothing here asks or stores
anything: the caller knows the keys and the means, and holds a source before it asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from oneai.errors import ModelBusy, OneAIError, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models.completion import (
    ContextTooLong,
    OperatorNeeded,
    ProviderCreditExhausted,
    ProviderKeyRefused,
    QuestionDeclined,
)
from oneai.models.endpoint import ProviderName

type Source = Literal["own_key", "plan", "credits"]
type Fallback = Literal["none", "plan", "credits", "plan_then_credits"]
type KeyState = Literal["active", "refused", "exhausted"]
type Reason = Literal[
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

DEFAULT_ORDER: tuple[Source, ...] = ("own_key", "plan", "credits")
FALLBACKS: dict[Fallback, tuple[Source, ...]] = {
    "none": (),
    "plan": ("plan",),
    "credits": ("credits",),
    "plan_then_credits": ("plan", "credits"),
}
KEY_REASONS: dict[KeyState, Reason] = {"refused": "key_refused", "exhausted": "key_exhausted"}


@dataclass(frozen=True, slots=True)
class Route:
    """A provider, and its own name of a model."""

    provider: ProviderName
    model: str


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A workspace's key for a provider. `models` are those that it may use, None where all are."""

    id: str
    provider: ProviderName
    state: KeyState = "active"
    limit_reached: bool = False
    models: frozenset[str] | None = None
    fallback: Fallback = "none"


@dataclass(frozen=True, slots=True)
class Means:
    """What a workspace can pay with. `plan` and `credits` are None where they are enough, else why they are not.

    `order` are the sources that the workspace allows, in its order. `operator_routes` are the providers that the
    operator has keys for.
    """

    own_keys: Sequence[OwnKey] = ()
    plan: Literal["not_in_plan", "plan_used_up"] | None = None
    credits: Literal["credits_used_up", "credits_off", "not_sold_for_credits"] | None = None
    order: tuple[Source, ...] = DEFAULT_ORDER
    operator_routes: frozenset[ProviderName] = frozenset({"openrouter"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way, and why it is not open; `reason` is None where it is. `until` (monotonic seconds) is set of a route that
    is set aside: it is used where no other is open."""

    route: Route
    source: Source
    key: OwnKey | None = None
    reason: Reason | None = None
    until: float = 0.0

    @property
    def available(self) -> bool:
        """Whether it may be used now."""
        return self.reason is None


def candidates(
    routes: Sequence[Route], means: Means, set_aside: Mapping[ProviderName, float] | None = None
) -> list[Candidate]:
    """All ways of a model: by source as the workspace orders them, and in one source by the order of `routes`. Those of
    sources that it does not allow come last. `set_aside` are providers that failed, and until when."""
    until = set_aside or {}
    others = tuple(source for source in DEFAULT_ORDER if source not in means.order)
    found: list[Candidate] = []
    for source in (*means.order, *others):
        if source == "own_key":
            found += [
                Candidate(route, source, key, _key_reason(key, route, means))
                # A key of the model's own provider comes before one of OpenRouter.
                for route in sorted(routes, key=lambda each: each.provider == "openrouter")
                for key in means.own_keys
                if key.provider == route.provider
            ]
        else:
            reason = _source_reason(source, means)
            operators = [route for route in routes if route.provider in means.operator_routes]
            found += [_by_operator(route, source, reason, until.get(route.provider, 0.0)) for route in operators]
    return found


def usable(found: Sequence[Candidate]) -> list[Candidate]:
    """The candidates to try, in this order: those that are open; where none is, those that are only set aside, the one
    first whose time ends first."""
    is_open = [each for each in found if each.available]
    return is_open or sorted((each for each in found if each.reason == "set_aside"), key=lambda each: each.until)


def after_failure(found: Sequence[Candidate], failed: Candidate, error: OneAIError) -> list[Candidate]:
    """The candidates to try after one has failed before its first piece. The source of each has to be held before it is
    asked.

    An own key falls back only to what its owner chose, and only where its provider was busy or broken: never where it
    refused the key, its credit or its limit, or the question. The operator's own routes stand in for each other, with
    the same source.
    """
    if isinstance(error, ContextTooLong | QuestionDeclined):
        return []
    if failed.source != "own_key":
        same = [each for each in found if each.source == failed.source]
        others = [each for each in same if each.route.provider != failed.route.provider]
        return usable(others) if is_of_route(error) else []
    if failed.key is None or not is_temporary(error):
        return []
    return [
        candidate
        for source in FALLBACKS[failed.key.fallback]
        for candidate in usable([each for each in found if each.source == source])
    ]


def is_of_route(error: OneAIError) -> bool:
    """Whether another provider may answer: this one is busy or broken, or does not accept the operator's key. What the
    question itself is refused for is refused everywhere."""
    if isinstance(error, ContextTooLong | QuestionDeclined):
        return False
    return isinstance(error, UpstreamUnavailable | UpstreamError | UpstreamTimeout)


def _by_operator(route: Route, source: Source, reason: Reason | None, until: float) -> Candidate:
    if reason is None and until:
        return Candidate(route, source, None, "set_aside", until)
    return Candidate(route, source, None, reason)


def _key_reason(key: OwnKey, route: Route, means: Means) -> Reason | None:
    if "own_key" not in means.order:
        return "source_not_chosen"
    if (reason := KEY_REASONS.get(key.state)) is not None:
        return reason
    if key.limit_reached:
        return "key_limit_reached"
    return "key_lacks_model" if key.models is not None and route.model not in key.models else None


def _source_reason(source: Source, means: Means) -> Reason | None:
    if source not in means.order:
        return "source_not_chosen"
    return means.plan if source == "plan" else means.credits


def is_temporary(error: OneAIError) -> bool:
    """Whether the provider was busy or broken (429 or 5xx), which says nothing of the key."""
    if isinstance(error, ProviderKeyRefused | ProviderCreditExhausted | OperatorNeeded):
        return False
    return isinstance(error, ModelBusy | UpstreamUnavailable | UpstreamError | UpstreamTimeout)
