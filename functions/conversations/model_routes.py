"""The public route for the list of models, which a page shows before sign-in."""

from fastapi import APIRouter, Request, Response

from oneai import plans, usage
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import OptionalUser
from oneai.plans import ModelList

router = APIRouter(tags=["Models"])


@router.get("/chat/models", summary="List models", response_model=ModelList, responses=CACHEABLE)
async def list_models(request: Request, user: OptionalUser) -> Response:
    """Lists every available model, with its price, its features, its speed, and the plans that include it.

    Sections name a few models of each kind. Public; with a token also whether your plan includes it."""
    known = await usage.model_choices()
    models = await plans.list_models(user, known.figures, known.sections)
    # Publicly cacheable only for a client without a token, even if both get the same text.
    return cacheable(request, models.model_dump_json().encode(), public=user is None, vary="Authorization")
