"""The route for the list of models, public: a page shows models before anyone signs in."""

from fastapi import APIRouter, Request, Response

from oneai import plans
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import OptionalUser
from oneai.plans import ModelList

router = APIRouter(tags=["Models"])


@router.get("/chat/models", summary="List models", response_model=ModelList, responses=CACHEABLE)
async def list_models(request: Request, user: OptionalUser) -> Response:
    """Every model on offer, with its price, what it can do, and the plans that have it. Public; with a token also
    whether your plan has it."""
    models = await plans.list_models(user)
    # Public for a client without a token alone, also where both get the same text.
    return cacheable(request, models.model_dump_json().encode(), public=user is None, vary="Authorization")
