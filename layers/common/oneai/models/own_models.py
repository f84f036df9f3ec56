"""Models that OpenRouter's catalogue does not have: those of the table of prices, and those of providers that only a
workspace's own key reaches.

A model has one id, whichever way leads to it. Models of OpenAI, Anthropic and Google have the id that OpenRouter would
give them. Others begin with their provider: `replicate/owner/name`, and `custom/KEY/name` with the id of the
workspace's key, because two servers may have one name.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from oneai.models import direct_prices
from oneai.models.catalogue import Model
from oneai.models.direct_prices import PriceEntry, Specifications
from oneai.models.endpoint import ProviderName
from oneai.models.operator_routes import VENDORS, direct_route
from oneai.models.route import Route

CUSTOM, REPLICATE = "custom", "replicate"
# A server of a workspace does not say how much it reads.
CUSTOM_CONTEXT_TOKENS = 32_768
NAME_CHARACTERS = 200
_MILLION = Decimal(1_000_000)
# Not for a chat: they search, act or listen in ways of their own, or only continue texts.
_NOT_FOR_CHATS = re.compile(r"deep-research|search|robotics|streaming|customtools|omni|llama-\d-\d+b$|llama-2")
# OpenRouter writes versions with a dot, Anthropic with a dash.
_VERSION = re.compile(r"(?<=-\d)-(?=\d{1,2}(?:-|$))")
_OWNED_NAME = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}")
_VENDOR_NAMES: dict[ProviderName, str] = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "gemini": "Google",
    "replicate": "Replicate",
}
_ACRONYMS = {"gpt": "GPT", "it": "IT"}


def routes_of(model: Model) -> list[Route]:
    """The ways to a model, OpenRouter first."""
    if (own := _own_route(model.id)) is not None:
        return [own]
    direct = direct_route(model.id)
    openrouter = [Route("openrouter", model.id)] if model.by_openrouter else []
    return openrouter if direct is None else [*openrouter, direct]


def key_of(model_id: str) -> UUID | None:
    """The key of a workspace whose server has the model; None for a model that is no server's."""
    vendor, _, rest = model_id.partition("/")
    try:
        return UUID(rest.partition("/")[0]) if vendor == CUSTOM else None
    except ValueError:
        return None


def find(model_id: str) -> Model | None:
    """A model of this id that only a workspace's own key reaches; None if the id is none."""
    route = _own_route(model_id)
    if route is not None and route.provider == "custom":
        return custom_model(model_id)
    if route is None and (route := direct_route(model_id)) is None:
        return None
    entry = direct_prices.table().find(route.provider, route.model)
    if route.provider == "replicate":
        return _model(model_id, "replicate", route.model, entry)
    if entry is None or entry.specifications is None or _id_of(route.provider, route.model) != model_id:
        return None
    return _model(model_id, route.provider, route.model, entry)


def direct_models(providers: Collection[ProviderName], listed: Iterable[Model], *, by_operator: bool) -> list[Model]:
    """The models of these providers for chats that `listed` does not have. `by_operator`: the operator has keys."""
    known = {direct_route(model.id) for model in listed}
    table = direct_prices.table()
    found: list[Model] = []
    for provider, vendor in _VENDOR_NAMES.items():
        if provider not in providers:
            continue
        models = table.by_provider.get(provider, {})
        for name, entry in models.items():
            plain = direct_prices.undated(name)
            if entry.specifications is None or _NOT_FOR_CHATS.search(name) or (plain != name and plain in models):
                continue
            if Route(provider, name) not in known:
                found.append(_model(_id_of(provider, name), provider, name, entry, vendor, by_operator=by_operator))
    return found


def custom_model(model_id: str, server: str | None = None) -> Model:
    """A model of a workspace's own server, which is called `server`."""
    name = model_id.split("/", 2)[2]
    return _model(model_id, "custom", name, None, server, title=name)


def custom_id(key_id: UUID | str, name: str) -> str:
    """The id of a model of a workspace's own server."""
    return f"{CUSTOM}/{key_id}/{name}"


def _own_route(model_id: str) -> Route | None:
    """The route of a model of Replicate or of a workspace's own server."""
    vendor, _, rest = model_id.partition("/")
    if vendor == REPLICATE and _OWNED_NAME.fullmatch(rest):
        return Route("replicate", rest)
    name = rest.partition("/")[2]
    if key_of(model_id) is not None and name.isprintable() and 0 < len(name) <= NAME_CHARACTERS:
        return Route("custom", name)
    return None


def _id_of(provider: ProviderName, name: str) -> str:
    if provider == "replicate":
        return f"{REPLICATE}/{name}"
    vendor = next(vendor for vendor, each in VENDORS.items() if each == provider)
    return f"{vendor}/{_VERSION.sub('.', name) if provider == 'anthropic' else name}"


def _model(
    model_id: str,
    provider: ProviderName,
    name: str,
    entry: PriceEntry | None,
    vendor: str | None = None,
    *,
    title: str | None = None,
    by_operator: bool = False,
) -> Model:
    specifications = None if entry is None else entry.specifications
    of = vendor or _VENDOR_NAMES.get(provider)
    shown = title or _title(model_id.rpartition("/")[2])
    tiers = [] if entry is None else [entry.prices, *([entry.long_prices] if entry.long_prices else [])]
    return Model(
        id=model_id,
        canonical_slug=model_id,
        name=f"{of}: {shown}" if of else shown,
        description=None,
        created=0,
        context_length=specifications.context if specifications else CUSTOM_CONTEXT_TOKENS,
        max_completion_tokens=specifications.answer if specifications else None,
        input_modalities=("text", *_abilities(specifications, ("image", "file"))),
        output_modalities=("text",),
        prompt_price=max(each.input for each in tiers) / _MILLION if tiers else None,
        completion_price=max(each.output for each in tiers) / _MILLION if tiers else None,
        pricing="missing" if not tiers else "tiered" if len(tiers) > 1 else "plain",
        price_version=direct_prices.price_version(provider, name) or "unknown",
        supported_parameters=_parameters(provider, specifications),
        by_openrouter=False,
        by_operator=by_operator,
    )


def _abilities(specifications: Specifications | None, wanted: Sequence[str]) -> list[str]:
    return [each for each in wanted if specifications and each in specifications.abilities]


def _parameters(provider: ProviderName, specifications: Specifications | None) -> tuple[str, ...]:
    """What a request may set, in OpenRouter's words."""
    # A prediction of Replicate has no tools and no form. A workspace's own server does not say what it has.
    can = specifications.abilities if specifications and provider != "replicate" else frozenset()
    reasons = "reasoning" in can
    # Models of OpenAI that reason, and all current ones of Anthropic, refuse a temperature.
    has_temperature = provider != "anthropic" and not (provider == "openai" and reasons)
    return tuple(
        sorted(
            [
                "max_tokens",
                *(["temperature"] if has_temperature else []),
                *(["include_reasoning", "reasoning"] if reasons else []),
                *(["tools", "tool_choice"] if "tools" in can or provider == "custom" else []),
                *(["response_format", "structured_outputs"] if "schema" in can or provider == "custom" else []),
            ]
        )
    )


def _title(name: str) -> str:
    """A name for people: `GPT 6 Sol` of `gpt-6-sol`."""
    return " ".join(_ACRONYMS.get(word, word[:1].upper() + word[1:]) for word in name.split("-"))
