"""Starts to read pages without text with a model that has vision, and quotes the cost."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from oneai import quota, settings
from oneai.billing_errors import CreditsExhausted
from oneai.documents.document import DocumentSettings
from oneai.errors import ModelNotInPlan, QuotaExceeded, UnknownModel
from oneai.field_errors import invalid
from oneai.models import Model, providers
from oneai.plans import listed_plans
from oneai.plans.ceiling import credit_spend_limit, daily_spend_limit
from oneai.plans.model_quota import quota_key
from oneai.plans.model_terms import available_models, resolve_models, terms_for
from oneai.plans.request_terms import ModelRequest, request_terms, terms_to_json
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.quota.quoted import Quote

# The tokens of a page's text; pages of small print have half as many.
ANSWER_TOKENS = 4000
# The tokens of a request besides its image, which counts as much as with any large provider.
PROMPT_TOKENS = 1600 + 200


async def begin(principal: Principal, document_id: UUID, model_name: str | None) -> None:
    """Starts to read the pages without text and reserves the first; does nothing if a model already reads them.

    Raises NotFound, DocumentNotReady while the document is processed, InvalidRequest where there is no such page or the
    model does not see, UnknownModel, ModelNotInPlan, ModelNotAllowed, QuotaExceeded, CreditsExhausted, RateLimited,
    ServicePaused.
    """
    model = await _model(model_name)
    arguments = [principal.user_id, document_id, *sql_arguments(model), api_key_id(principal)]
    try:
        await db.call("select oneai.begin_page_reading(%s, %s, %s, %s, %s)", arguments)
    except QuotaExceeded as refusal:
        raise await quota.record_refusal(principal, refusal, 1) from None
    except CreditsExhausted as refusal:
        raise await quota.with_credit_alternatives(refusal, _reads_images) from None
    except ModelNotInPlan:
        raise not_in_plan(model) from None


async def quote(principal: Principal, document_id: UUID, model_name: str | None) -> Quote:
    """Quotes what reading all pages without text would reserve. Raises as `begin`, except for quotas."""
    model = await _model(model_name)
    arguments = [principal.user_id, document_id, *sql_arguments(model)]
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
        spend_limit_micro_usd=daily_spend_limit(),
        credit_limit_micro_usd=credit_spend_limit(),
        **more,
    )
    return request.to_json(), terms_to_json(request_terms(model, answer_tokens))


async def _model(name: str | None) -> Model:
    """The model with this name; without a name the default if it has vision, else the first small one that does."""
    catalogue = await providers.list_models()
    model = resolve_models(catalogue, name, [])[0]
    if name is None and not _reads_images(model):
        model = _first_that_sees(available_models(catalogue)) or model
    if not _reads_images(model):
        raise invalid("model", "no_vision", f"{model.name} cannot see images.")
    if "text" not in model.output_modalities:
        raise UnknownModel(f"{model.id} writes no text.", model=model.id)
    return model


def _first_that_sees(models: Sequence[Model]) -> Model | None:
    return next((each for each in models if _reads_images(each) and quota_key(each) == "small_messages"), None)


def _reads_images(model: Model) -> bool:
    return "image" in model.input_modalities


def not_in_plan(model: Model) -> ModelNotInPlan:
    """The refusal of a model, with the plans that include it."""
    having = [plan.tier for plan in listed_plans() if terms_for(plan, [model]).refusal is None]
    return ModelNotInPlan(plans=having)


def api_key_id(principal: Principal) -> Any:
    """The API key of the request, as a parameter of a statement; None without one."""
    from oneai.api_keys.principal import KeyPrincipal

    return principal.api_key_id if isinstance(principal, KeyPrincipal) else None
