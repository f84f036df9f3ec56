"""Which models are available, to whom, and on what terms: the operator's lists, then the plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase

from oneai import log, settings
from oneai.errors import UnknownModel, UpstreamUnavailable
from oneai.field_errors import invalid
from oneai.models import Model, providers
from oneai.models.price import PER_MILLION
from oneai.plans.limits_and_prices import Plan, QuotaKey
from oneai.plans.model_quota import TEXT_KEYS, generates_images, quota_key, text_key, within_ceiling

# Answer tokens of a model without a stated limit; at most half its context.
DEFAULT_ANSWER_TOKENS = 16_000
# Modalities a chat can show; a model with neither (embeddings, speech) cannot answer.
ANSWER_MODALITIES = {"text", "image"}
EMBEDDINGS = "embeddings"
# The suffix of variants that search the web for each question.
ONLINE = ":online"

_last_catalogue: tuple[Sequence[Model], dict[str, list[Model]]] = ((), {})


@dataclass(frozen=True)
class ModelSettings:
    """`models_allow` and `models_deny` are shell patterns of model ids. Deny wins. A non-empty allow list is exclusive.
    A model whose price is variable, missing or tiered needs a pattern other than `*`: a price of -1 would credit
    customers instead of charging them. What workspaces pay with keys of their own is bound by the deny list alone;
    without `provider_keys_kms_key` they have none."""

    default_model: str = ""
    models_allow: tuple[str, ...] = ()
    models_deny: tuple[str, ...] = ()
    provider_keys_kms_key: str = ""


@dataclass(frozen=True)
class ModelTerms:
    """A plan's terms for models: the first requested one decides the quota; limits are the minimum of all.

    `refusal` is an error code if they are not allowed. `text_key` is, for image models, the quota of an answer without
    images. Prices are micro-dollars per token, the maximum of the models.
    """

    refusal: str | None
    quota_key: QuotaKey
    text_key: QuotaKey | None
    input_tokens: int
    answer_tokens: int
    prompt_micro_usd_per_token: Decimal
    completion_micro_usd_per_token: Decimal


def available_models(models: Sequence[Model]) -> list[Model]:
    """The models that the operator offers, in the catalogue's order."""
    config = settings.read(ModelSettings)
    return [model for model in models if _is_available(model, config)]


def resolve_models(models: Sequence[Model], requested: str | None, fallbacks: Sequence[str]) -> list[Model]:
    """The models for a question, first choice first.

    The default is DEFAULT_MODEL if it is available, else the first small model of the catalogue. A version's name
    (`canonical_slug`) resolves to its model. Variants that search the web are not offered: their searches are neither
    counted nor bounded. A model that the catalogue does not have may be one that a workspace's own key reaches; no plan
    includes it, and credits do not pay it. Raises UnknownModel, or UpstreamUnavailable where only a part of the
    catalogue could be read, and InvalidRequest if image models are mixed with others, because they count against
    different quotas.
    """
    names = [*([requested] if requested else []), *fallbacks] or [_default(models)]
    # Every question runs this, so only the requested models are matched against the operator's lists.
    by_every_name = _by_every_name(models)
    candidates = available_models([model for name in names for model in by_every_name.get(name, ())])
    # Ids take precedence over versions; a version resolves to the model without a variant (`:free`).
    by_name = {model.canonical_slug: model for model in sorted(candidates, key=lambda model: ":" not in model.id)}
    by_name |= {model.id: model for model in candidates}
    for name in names:
        if name not in by_name and name.endswith(ONLINE):
            raise UnknownModel(
                f"There is no model {name[:100]!r}. Ask {name.removesuffix(ONLINE)[:100]!r} with a web search instead.",
                model=name[:100],
            )
        if name not in by_name and (own := _own_model(name)) is not None:
            by_name[name] = own
        if name not in by_name and providers.is_catalogue_partial():
            raise UpstreamUnavailable  # OpenRouter may have it
        if name not in by_name:
            raise UnknownModel(f"There is no model {name[:100]!r}.", model=name[:100])
    resolved = list({by_name[name].id: by_name[name] for name in names}.values())
    if len({generates_images(model) for model in resolved}) > 1:
        sentence = "An image model and a text model cannot be fallbacks for each other."
        raise invalid("models", "mixed_models", sentence)
    return resolved


def default_model(models: Sequence[Model]) -> str | None:
    """The id of the model for a question that names none; None if no model is available."""
    try:
        return _default(models)
    except UpstreamUnavailable:
        return None


def first_available(models: Sequence[Model], names: Sequence[str]) -> Model:
    """The first of these that is available, else the default of `resolve_models`."""
    for name in names:
        try:
            return resolve_models(models, name, [])[0]
        except UnknownModel:
            continue  # models leave the catalogue, and imported names may never have been in it
    return resolve_models(models, None, [])[0]


def terms_for(plan: Plan, models: Sequence[Model]) -> ModelTerms:
    """The terms of `plan` for models of one kind; every fallback must be in the plan, with quotas no more expensive
    than the first model's."""
    first = models[0]
    allowed = all(
        model.by_operator
        and within_ceiling(plan, model)
        and quota_key(model) in plan.quotas
        and TEXT_KEYS.index(text_key(model)) <= TEXT_KEYS.index(text_key(first))
        for model in models
    )
    answer = min(_answer_cap(model, plan) for model in models)
    return ModelTerms(
        refusal=None if allowed else "model_not_in_plan",
        quota_key=quota_key(first),
        text_key=text_key(first) if generates_images(first) else None,
        answer_tokens=answer,
        input_tokens=min(_input_cap(model, plan, answer) for model in models),
        prompt_micro_usd_per_token=max((model.prompt_price or Decimal(0)) * PER_MILLION for model in models),
        completion_micro_usd_per_token=max((model.completion_price or Decimal(0)) * PER_MILLION for model in models),
    )


def available_embedding_models(models: Sequence[Model]) -> list[Model]:
    """The models for embeddings that the operator offers, in the catalogue's order."""
    config = settings.read(ModelSettings)
    return [model for model in models if EMBEDDINGS in model.output_modalities and _is_offered(model, config)]


def _by_every_name(models: Sequence[Model]) -> dict[str, list[Model]]:
    """The models of a catalogue by id and by version; the result for the last catalogue is cached."""
    global _last_catalogue
    if _last_catalogue[0] is not models:
        by_name: dict[str, list[Model]] = {}
        for model in models:
            for name in {model.id, model.canonical_slug}:
                by_name.setdefault(name, []).append(model)
        _last_catalogue = (models, by_name)
    return _last_catalogue[1]


def _is_available(model: Model, config: ModelSettings) -> bool:
    return bool(ANSWER_MODALITIES.intersection(model.output_modalities)) and _is_offered(model, config)


def _own_model(name: str) -> Model | None:
    """The model of this id that a workspace's own key reaches; None if there is none, or the operator excludes it."""
    config = settings.read(ModelSettings)
    if not config.provider_keys_kms_key:
        return None
    from oneai.models import own_models  # imported with the first name that the catalogue does not have

    model = own_models.find(name)
    return model if model is not None and _is_offered(model, config) else None


def _is_offered(model: Model, config: ModelSettings) -> bool:
    if model.id.endswith(ONLINE):
        return False
    if any(fnmatchcase(model.id, pattern) for pattern in config.models_deny):
        return False
    if not model.by_operator:
        return True  # what the operator allows is what the operator pays
    matching = [pattern for pattern in config.models_allow if fnmatchcase(model.id, pattern)]
    if model.pricing != "plain":
        return any(pattern != "*" for pattern in matching)
    return bool(matching) or not config.models_allow


def _default(models: Sequence[Model]) -> str:
    config = settings.read(ModelSettings)
    configured = config.default_model
    if any(model.id == configured and _is_available(model, config) for model in models):
        return configured
    if configured:
        # Models leave the catalogue unannounced; users who did not choose one need not know.
        log.warning("the default model is not available", model=configured)
    for model in models:
        if _is_available(model, config) and quota_key(model) == "small_messages":
            return model.id
    raise UpstreamUnavailable("No model is available at the moment.")


def answer_cap(model: Model) -> int:
    """The maximum tokens of an answer of the model, in any plan."""
    stated = model.max_completion_tokens or min(DEFAULT_ANSWER_TOKENS, model.context_length // 2)
    # A model may claim its whole context for the answer; the question needs some of it.
    return min(stated, max(model.context_length // 2, 1))


def _answer_cap(model: Model, plan: Plan) -> int:
    own = answer_cap(model)
    return own if plan.answer_tokens is None else min(own, plan.answer_tokens)


def _input_cap(model: Model, plan: Plan, answer_tokens: int) -> int:
    own = model.context_length - answer_tokens
    return own if plan.input_tokens is None else min(own, plan.input_tokens)
