"""`POST /v1/embeddings`: admitted, reserved and settled like an answer, without a conversation."""

import json
import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from oneai import log, quota, settings
from oneai.api_keys.token_limit import TokenLimit
from oneai.chat.turn.concurrency import answers_at_once
from oneai.chat.turn.requested_answers import ChatSettings
from oneai.errors import InternalError, OneAIError, QuotaExceeded, UnknownModel
from oneai.field_errors import InvalidValue, invalid
from oneai.models import Model, providers
from oneai.models.embeddings import UpstreamBill, beside_the_loop, decode_vector
from oneai.models.outcome import Outcome, OutcomeUsage
from oneai.models.price import estimate_cost
from oneai.plans import own_key_terms
from oneai.plans.ceiling import credit_spend_limit, daily_spend_limit
from oneai.plans.model_terms import available_embedding_models
from oneai.plans.request_terms import ModelRequest, TierTerms, own_key_request, request_terms, terms_to_json
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.prompt_size import serialised_bytes
from oneai.token_estimate import estimate_tokens

# One unit of the quota pays for this many tokens, or fewer.
TOKENS_PER_UNIT = 100_000
MAX_TEXTS = 2048
# Texts times dimensions: what a response may have. In base64 those of the largest batch of OpenAI's smaller model, a
# body of 17 MB. As numbers each takes three times the bytes and is written one by one, so a quarter of them.
MAX_NUMBERS = {"base64": 2048 * 1536, "float": 512 * 1536}
# Dimensions of models without a requested size; the maximum at OpenRouter for all others.
DIMENSIONS = {
    "openai/text-embedding-3-small": 1536,
    "openai/text-embedding-3-large": 3072,
    "openai/text-embedding-ada-002": 1536,
}
MAX_DIMENSIONS = 4096
NO_TOKENS = (
    "Token arrays are not supported. Send texts. LangChain's OpenAIEmbeddings does so with "
    "check_embedding_ctx_length=False."
)


def _as_texts(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(each, int | list) for each in value):
        raise InvalidValue("unsupported_type", NO_TOKENS)
    return value


class EmbeddingsRequest(BaseModel):
    """The fields that have an effect; others are ignored."""

    model_config = ConfigDict(extra="ignore")

    model: Annotated[str, Field(min_length=1, max_length=200, description="A model for embeddings.")]
    input: Annotated[
        list[Annotated[str, Field(min_length=1)]],
        BeforeValidator(_as_texts),
        Field(min_length=1, max_length=MAX_TEXTS, description="A text or a list of texts, not token arrays."),
    ]
    dimensions: Annotated[int, Field(ge=1, le=16_384)] | None = None
    encoding_format: Literal["float", "base64"] | None = Field(
        default=None, description="`base64`: 32-bit floats, little endian; else `float`."
    )


@dataclass(frozen=True)
class EmbeddingsResult:
    """The response's JSON, the quota of its units (None: an own key paid), and the rest of the API key's tokens."""

    body: bytes
    quota: dict[str, Any] | None
    token_limit: TokenLimit | None


async def create(principal: Principal, request: EmbeddingsRequest, api_key_id: UUID | None = None) -> EmbeddingsResult:
    """The embeddings of the request's texts, charged. Raises what refuses them, and the model's failure."""
    model = await _model(request.model)
    _require_bounded(model, request)
    tokens = _estimate(request.input)
    reservation = uuid4()
    try:
        (admitted,) = await db.call(
            "select oneai.admit_embeddings(%s, %s, %s, %s, %s)",
            [
                principal.user_id,
                reservation,
                _request(model, tokens).to_json(),
                terms_to_json(_terms(model)),
                api_key_id,
            ],
        )
    except QuotaExceeded as refusal:
        raise await quota.record_refusal(principal, refusal, 1) from None
    bill, vectors, failure, key = UpstreamBill(), None, None, admitted["own_key"]
    try:
        body: dict[str, Any] = {"model": model.id, "input": request.input}
        if request.dimensions is not None:
            body["dimensions"] = request.dimensions
        vectors = await (providers.create_embeddings(body, bill) if key is None else _by_own_key(key, body, bill))
    except OneAIError as error:
        failure = error
    except Exception:  # noqa: BLE001 — the reservation is settled in any case
        log.exception("embeddings failed with an unexpected error", model=model.id)
        failure = InternalError()
    await db.call(
        "select oneai.settle(%s, %s)",
        [reservation, _outcome(_priced(model, key), bill, failure, tokens, key).to_json()],
        idempotent=True,
    )
    if vectors is None:
        raise failure or InternalError()
    token_limit = TokenLimit.parse(admitted["token_limit"])
    response = await beside_the_loop(_response, model, request, vectors, _billed_tokens(bill, tokens))
    return EmbeddingsResult(response, admitted["quota"], token_limit)


def _require_bounded(model: Model, request: EmbeddingsRequest) -> None:
    """Raises InvalidRequest if the response would have more than MAX_NUMBERS numbers."""
    dimensions = request.dimensions or DIMENSIONS.get(model.id, MAX_DIMENSIONS)
    form = request.encoding_format or "float"
    most = MAX_NUMBERS[form] // dimensions
    if len(request.input) > most:
        hint = "" if form == "base64" else ", or more with encoding_format base64"
        raise invalid("input", "too_many", f"At most {most} texts of {dimensions} dimensions at once{hint}.")


def _estimate(texts: list[str]) -> int:
    """The estimated tokens of these texts, at least a quarter of their bytes."""
    return max(sum(map(estimate_tokens, texts)), math.ceil(serialised_bytes(texts) / 4))


async def _model(name: str) -> Model:
    for model in available_embedding_models(await providers.list_models()):
        if name in (model.id, model.canonical_slug):
            return model
    raise UnknownModel(f"There is no model for embeddings {name[:100]!r} here.")


def _request(model: Model, tokens: int) -> ModelRequest:
    return ModelRequest(
        model=model.id,
        units=_units(tokens),
        prompt_tokens=tokens,
        require_confirmed=settings.read(ChatSettings).require_confirmed_email,
        spend_limit_micro_usd=daily_spend_limit(),
        credit_limit_micro_usd=credit_spend_limit(),
    )


def _terms(model: Model) -> dict[str, TierTerms]:
    """The terms by tier, and those of own keys, where workspaces can have them."""
    terms = request_terms(model, 0, answers_at_once())
    if not own_key_terms.are_enabled():
        return terms
    return {**terms, own_key_terms.OWN_KEY: own_key_request(model, own_key_terms.embedding_routes(model))}


async def _by_own_key(row: dict[str, Any], body: dict[str, Any], bill: UpstreamBill) -> list[str]:
    """The vectors by the workspace's own key, as `oneai.way_of_key` returns it. Raises what `own_key.complete` does."""
    from oneai.chat.turn import own_key  # imported by the first request that a key pays

    return await own_key.create_embeddings(row, body, bill)


def _priced(model: Model, row: dict[str, Any] | None) -> Model:
    """The model at the price of what pays."""
    if row is None:
        return model
    from oneai.models.own_key_routes import priced

    return priced([model], row["provider"], row["model"])[0]


def _outcome(
    model: Model, bill: UpstreamBill, failure: OneAIError | None, tokens: int, row: dict[str, Any] | None
) -> Outcome:
    """A request that was sent costs what the upstream reports, else what was held, also if it failed. A failure takes
    no unit. `row` is the workspace's own key, if that pays."""
    prompt_tokens = _billed_tokens(bill, tokens) if bill.is_sent else 0
    cost = bill.usage.cost_micro_usd if bill.usage else None
    return Outcome(
        state="failed" if failure else "complete",
        units=_units(prompt_tokens),
        sent=bill.is_sent,
        error_code=failure.code if failure else None,
        model=bill.model,
        # Its statistics correct only estimated costs of answers.
        generation_id=bill.generation_id if cost is not None and row is None else None,
        provider=None if row is None else row["provider"],
        openrouter_key=bill.key_id if bill.is_sent else None,
        usage=OutcomeUsage(
            prompt_tokens=prompt_tokens,
            completion_tokens=0,
            cost_micro_usd=estimate_cost(model, prompt_tokens, 0) if cost is None else cost,
            estimated=bill.is_sent and cost is None,
        ),
    )


def _billed_tokens(bill: UpstreamBill, tokens: int) -> int:
    """The tokens that the upstream reports, else those that were held."""
    return bill.usage.prompt_tokens if bill.usage and bill.usage.prompt_tokens else tokens


def _response(model: Model, request: EmbeddingsRequest, vectors: list[str], tokens: int) -> bytes:
    """The response's JSON, written vector by vector."""
    write = _as_numbers if request.encoding_format != "base64" else json.dumps
    data = ",".join(
        f'{{"object":"embedding","index":{n},"embedding":{write(vector)}}}' for n, vector in enumerate(vectors)
    )
    usage = json.dumps({"prompt_tokens": tokens, "total_tokens": tokens})
    return f'{{"object":"list","data":[{data}],"model":{json.dumps(model.id)},"usage":{usage}}}'.encode()


def _units(tokens: int) -> int:
    return max(math.ceil(tokens / TOKENS_PER_UNIT), 1)


def _as_numbers(encoded: str) -> str:
    """A vector as a JSON list. Nine digits tell any two 32-bit floats apart (IEEE 754)."""
    return f"[{','.join(f'{each:.9g}' if math.isfinite(each) else 'null' for each in decode_vector(encoded))}]"
