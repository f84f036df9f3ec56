"""`GET /v1/models`: the available models in OpenAI's format."""

from typing import Any

from oneai.errors import UnknownModel
from oneai.models import Model, providers
from oneai.plans.model_terms import available_embedding_models, available_models


async def list_models() -> dict[str, Any]:
    """Every available model, in the catalogue's order. Raises UpstreamUnavailable."""
    catalogue = await providers.list_models()
    models = [*available_models(catalogue), *available_embedding_models(catalogue)]
    return {"object": "list", "data": [_model_object(model) for model in models]}


async def find_model(model_id: str) -> dict[str, Any]:
    """One model by its id or the name of its version. Raises UnknownModel and UpstreamUnavailable."""
    catalogue = await providers.list_models()
    for model in (*available_models(catalogue), *available_embedding_models(catalogue)):
        if model_id in (model.id, model.canonical_slug):
            return _model_object(model)
    raise UnknownModel(f"There is no model {model_id[:100]!r}.")


def _model_object(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": model.created,
        # The part of the id before the slash: the model's maker.
        "owned_by": model.id.partition("/")[0],
        "context_length": model.context_length,
    }
