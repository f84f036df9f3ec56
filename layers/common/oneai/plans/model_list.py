"""The list of models with their prices and quotas."""

from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel, Field

from oneai.clients import openrouter
from oneai.clients.openrouter import Model
from oneai.plans.catalog import PLANS, Plan, QuotaKey, quota_key
from oneai.plans.model_terms import available_models, terms_for
from oneai.postgres import db
from oneai.postgres.db import Person

MICRO_USD_PER_MILLION = Decimal(10**12)


class ListedModel(BaseModel):
    """One model."""

    id: str = Field(description="What `model` is set to.")
    name: str = Field(description="The model's name for people.")
    context_length: int = Field(description="The most tokens of prompt and answer together.")
    input_modalities: list[str] = Field(description="What it reads, such as `text` and `image`.")
    output_modalities: list[str] = Field(description="What it writes, such as `text` and `image`.")
    prompt_micro_usd_per_million: int | None = Field(
        description="Micro-dollars per million prompt tokens; null where OpenRouter states no fixed price."
    )
    completion_micro_usd_per_million: int | None = Field(
        description="Micro-dollars per million answer tokens; null where OpenRouter states no fixed price."
    )
    quota_key: QuotaKey = Field(description="The quota its answers count against.")
    in_plan: bool = Field(description="Whether the person's plan has it.")


class ModelList(BaseModel):
    """Every model on offer."""

    items: list[ListedModel] = Field(description="The models, in the catalogue's order.")


@dataclass
class _Tier:
    tier: str


async def list_models(person: Person) -> ModelList:
    """The models the operator offers, and which of them the user's plan includes."""
    rows = await db.read_as(
        person, "select subscription_tier as tier from oneai.users where id = %s", [person.user_id], _Tier
    )
    plan = PLANS[rows[0].tier if rows else "free"]
    return ModelList(items=[_listed(model, plan) for model in available_models(await openrouter.list_models())])


def _listed(model: Model, plan: Plan) -> ListedModel:
    return ListedModel(
        id=model.id,
        name=model.name,
        context_length=model.context_length,
        input_modalities=list(model.input_modalities),
        output_modalities=list(model.output_modalities),
        prompt_micro_usd_per_million=_micro(model.prompt_price),
        completion_micro_usd_per_million=_micro(model.completion_price),
        quota_key=quota_key(model),
        in_plan=terms_for(plan, [model]).refusal is None,
    )


def _micro(price: Decimal | None) -> int | None:
    return None if price is None else int(price * MICRO_USD_PER_MILLION)
