"""The list of models with their prices, quotas and plans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.models import Model, providers, web_search
from oneai.plans.credit_terms import credit_terms
from oneai.plans.limits_and_prices import Plan, QuotaKey, WorkspaceKind, ladder, plan_of
from oneai.plans.model_quota import quota_key
from oneai.plans.model_routes import ModelRoute, WorkspaceMeans, own_models_of, routes_of
from oneai.plans.model_sections import (
    NO_FIGURES,
    ChosenModel,
    ModelFigures,
    SectionChoice,
    SectionKey,
    section_of,
    sections_of,
)
from oneai.plans.model_terms import ModelSettings, answer_cap, available_models, default_model, terms_for
from oneai.postgres import db
from oneai.postgres.db import Principal

MICRO_USD_PER_MILLION = Decimal(10**12)


class ListedModel(BaseModel, defer_build=True):
    """One model."""

    model_config = ConfigDict(json_schema_extra={"x-may-be-absent": ["routes"]})

    id: str = Field(description="The value for `model`.")
    name: str = Field(description="The model's display name.")
    description: str | None = Field(
        description="The maker's description: untrusted Markdown of at most 1,000 characters, to be shown as text."
    )
    created_at: datetime | None = Field(description="When it was published; null if unknown.")
    context_length: int = Field(description="The maximum tokens of prompt and answer together.")
    max_output_tokens: int = Field(description="The maximum tokens of an answer. A plan may allow fewer.")
    input_modalities: list[str] = Field(description="Its input types, such as `text` and `image`.")
    output_modalities: list[str] = Field(description="Its output types, such as `text` and `image`.")
    supported_parameters: list[str] = Field(
        description="The request parameters that the model supports, with OpenRouter's names, such as `temperature` or "
        "`tools`."
    )
    prompt_micro_usd_per_million: int | None = Field(
        description="Micro-dollars per million prompt tokens; null if OpenRouter states no fixed price."
    )
    completion_micro_usd_per_million: int | None = Field(
        description="Micro-dollars per million answer tokens; null if OpenRouter states no fixed price."
    )
    web_search_micro_usd: int | None = Field(
        description="The price of one search of the web by the model, in micro-dollars; null if it cannot search."
    )
    quota_key: QuotaKey = Field(description="The quota that its answers count against.")
    plans: list[str] = Field(description="The ids of the plans that include it, cheapest first.")
    in_plan: bool | None = Field(description="Whether the user's plan includes it; null without sign-in.")
    first_token_ms: int | None = Field(
        description="Median milliseconds to the first text of its recent answers here; null with fewer than 20 answers."
    )
    tokens_per_second: int | None = Field(
        description="The tokens that its recent answers had per second; null with fewer than 20 answers."
    )
    routes: list[ModelRoute] | None = Field(
        default=None,
        description="The ways to it in the request's workspace, in the order in which they are tried. Absent without "
        "sign-in.",
    )


class ModelSection(BaseModel, defer_build=True):
    """Models that people look for together."""

    key: SectionKey = Field(
        description="`recommended`: the default model, the operator's choice and those that are rated best. `fast`: "
        "short answers take the least time. `smartest`: the most capable for a chat. `cheapest`: the lowest price."
    )
    models: list[str] = Field(description="The ids of its models, best first, four at most.")


class ModelList(BaseModel, defer_build=True):
    """Every available model."""

    items: list[ListedModel] = Field(description="The models, in the catalogue's order.")
    default_model: str | None = Field(
        description="The model of a question that names none, unless the user prefers another; null if there is none."
    )
    sections: list[ModelSection] = Field(description="A few models of each kind, in order, without empty sections.")


# What someone without sign-in is not sent.
NOT_PUBLIC: dict[str, Any] = {"items": {"__all__": {"routes"}}}


@dataclass
class _Payer:
    tier: str = "free"
    kind: WorkspaceKind = "personal"
    means: dict[str, Any] | None = None


async def list_models(
    principal: Principal | None,
    figures: Mapping[str, ModelFigures] | None = None,
    choices: Mapping[SectionKey, SectionChoice] | None = None,
) -> ModelList:
    """Returns the available models, the plans that include them, whether the user's plan does, and the ways to each of
    them in the request's workspace. Models that only a key of the workspace reaches come last.

    `figures` are by the name under which models answered, `choices` the operator's. Reads the database only for a user.
    Raises UpstreamUnavailable if no catalogue was ever read.
    """
    payer = None if principal is None else await _payer(principal)
    catalogue = await providers.list_models()
    available = available_models(catalogue)
    means = None if payer is None else _means(payer)
    own = [] if means is None else available_models(own_models_of(means, available))
    by_id = _by_id(available, figures or {})
    default = default_model(catalogue)
    sections = sections_of(available, default, by_id, choices or {})
    return ModelList(
        items=[_listed(model, payer, means, by_id.get(model.id, NO_FIGURES)) for model in (*available, *own)],
        default_model=default,
        sections=[ModelSection(key=key, models=ids) for key, ids in sections.items() if ids],
    )


async def section_with(
    key: SectionKey, choice: SectionChoice, figures: Mapping[str, ModelFigures]
) -> list[ChosenModel]:
    """The models of a section with this choice of operators. `figures` are by the name under which models answered.

    Raises UpstreamUnavailable if no catalogue was ever read.
    """
    catalogue = await providers.list_models()
    available = available_models(catalogue)
    return section_of(key, available, default_model(catalogue), _by_id(available, figures), choice)


def _by_id(models: Sequence[Model], figures: Mapping[str, ModelFigures]) -> dict[str, ModelFigures]:
    """The figures by id. Answers have the name of the model's version; the name with most answers counts."""
    found = {}
    for model in models:
        named = [figures[name] for name in (model.id, model.canonical_slug) if name in figures]
        # A variant such as `:free` has its model's version, and is another offer with another speed.
        if named and (":" not in model.id or model.id in figures):
            found[model.id] = max(named, key=lambda each: each.answers)
    return found


async def _payer(principal: Principal) -> _Payer:
    rows = await db.read_as(
        principal,
        "select subscription_tier as tier, kind, (select oneai.means_of_answers(id)) as means "
        "from oneai.workspaces where id = %s",
        [principal.workspace_id],
        _Payer,
    )
    return rows[0] if rows else _Payer()


def _means(payer: _Payer) -> WorkspaceMeans:
    may_have_keys = bool(settings.read(ModelSettings).provider_keys_kms_key)
    return WorkspaceMeans.of(payer.means, providers.operators(), may_have_keys=may_have_keys)


def _listed(model: Model, payer: _Payer | None, means: WorkspaceMeans | None, figures: ModelFigures) -> ListedModel:
    def includes(plan: Plan) -> bool:
        return terms_for(plan, [model]).refusal is None

    sold = [plan for plan in ladder("personal" if payer is None else payer.kind) if plan.listed]
    in_plan = None if payer is None else includes(plan_of(payer.tier, payer.kind))
    quota = quota_key(model)
    routes = None
    if means is not None:
        is_sold = credit_terms([model]).refusal is None
        routes = routes_of(model, means, quota, in_plan=in_plan is True, is_sold=is_sold)
    return ListedModel(
        id=model.id,
        name=model.name,
        description=model.description,
        created_at=datetime.fromtimestamp(model.created, UTC) if model.created else None,
        context_length=model.context_length,
        max_output_tokens=answer_cap(model),
        input_modalities=list(model.input_modalities),
        output_modalities=list(model.output_modalities),
        supported_parameters=list(model.supported_parameters),
        prompt_micro_usd_per_million=_micro(model.prompt_price),
        completion_micro_usd_per_million=_micro(model.completion_price),
        web_search_micro_usd=web_search.MICRO_USD if web_search.can_search(model) else None,
        quota_key=quota,
        plans=[plan.tier for plan in sold if includes(plan)],
        in_plan=in_plan,
        first_token_ms=_rounded(figures.first_token_ms) if figures.is_measured else None,
        tokens_per_second=_rounded(figures.tokens_per_second) if figures.is_measured else None,
        routes=routes,
    )


def _rounded(value: float | None) -> int | None:
    """Two significant digits: the list must not change with every answer."""
    return None if value is None else int(float(f"{value:.2g}"))


def _micro(price: Decimal | None) -> int | None:
    return None if price is None else int(price * MICRO_USD_PER_MILLION)
