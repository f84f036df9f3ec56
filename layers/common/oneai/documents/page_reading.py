"""Reading the pages of a document that hold no text, by a model that sees: what it may cost, and its beginning."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from oneai import plans, quota, settings
from oneai.clients import openrouter
from oneai.clients.openrouter import Model
from oneai.documents.settings import DocumentSettings
from oneai.errors import ModelNotInPlan, QuotaExceeded, UnknownModel
from oneai.field_errors import invalid
from oneai.plans import PLANS
from oneai.plans.request_terms import ModelRequest, terms_to_json
from oneai.postgres import db
from oneai.postgres.db import Person
from oneai.quota.quoted import Quote

# Of a page's text; pages of small print have half of them.
ANSWER_TOKENS = 4000
# What a request has besides its image, which counts as much as any of the large providers counts for one.
PROMPT_TOKENS = 1600 + 200


async def begin(person: Person, document_id: UUID, model_name: str | None) -> None:
    """Begins to read the pages without text, the first of which is reserved; nothing where a model reads them already.

    Raises NotFound, DocumentNotReady while the document is processed, InvalidRequest where there is no such page or the
    model does not see, UnknownModel, ModelNotInPlan, ModelNotAllowed, QuotaExceeded, RateLimited, ServicePaused.
    """
    model = await _model(model_name)
    arguments = [person.user_id, document_id, *sql_arguments(model), api_key_id(person)]
    try:
        await db.call("select oneai.begin_page_reading(%s, %s, %s, %s, %s)", arguments)
    except QuotaExceeded as refusal:
        raise await quota.record_refusal(person, refusal, 1) from None
    except ModelNotInPlan:
        raise not_in_plan(model) from None


async def quote(person: Person, document_id: UUID, model_name: str | None) -> Quote:
    """What reading all pages without text would reserve. Raises as `begin`, except for quotas."""
    model = await _model(model_name)
    arguments = [person.user_id, document_id, *sql_arguments(model)]
    try:
        (row,) = await db.call("select oneai.quote_page_reading(%s, %s, %s, %s)", arguments, idempotent=True)
    except ModelNotInPlan:
        raise not_in_plan(model) from None
    return Quote.model_validate(row)


def sql_arguments(
    model: Model, prompt_tokens: int = PROMPT_TOKENS, answer_tokens: int = ANSWER_TOKENS, **more: int
) -> tuple[str, str]:
    """`p_request` and `p_terms` of a page that this model reads, or of another request with `more` about it."""
    request = ModelRequest(
        model=model.id,
        prompt_tokens=prompt_tokens,
        require_confirmed=settings.read(DocumentSettings).require_confirmed_email,
        spend_limit_micro_usd=plans.daily_spend_limit(),
        **more,
    )
    return request.to_json(), terms_to_json(plans.request_terms(model, answer_tokens))


async def _model(name: str | None) -> Model:
    """The model of this name; without one the default if it sees, else the first small one that does."""
    catalogue = await openrouter.list_models()
    model = plans.resolve_models(catalogue, name, [])[0]
    if name is None and not _reads_images(model):
        model = _first_that_sees(plans.available_models(catalogue)) or model
    if not _reads_images(model):
        raise invalid("model", "no_vision", f"{model.id} cannot see images.")
    if "text" not in model.output_modalities:
        raise UnknownModel(f"{model.id} writes no text.", model=model.id)
    return model


def _first_that_sees(models: Sequence[Model]) -> Model | None:
    return next((each for each in models if _reads_images(each) and plans.quota_key(each) == "small_messages"), None)


def _reads_images(model: Model) -> bool:
    return "image" in model.input_modalities


def not_in_plan(model: Model) -> ModelNotInPlan:
    """The refusal of a model, with the plans that have it."""
    having = [plan.tier for plan in PLANS.values() if plans.terms_for(plan, [model]).refusal is None]
    return ModelNotInPlan(plans=having)


def api_key_id(person: Person) -> Any:
    """The API key that a request is made with, as a statement's parameter; None without one."""
    from oneai.api_keys.principal import KeyPrincipal

    return person.api_key_id if isinstance(person, KeyPrincipal) else None
