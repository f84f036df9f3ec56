"""The public route for the list of models, which a page shows before sign-in."""

from fastapi import APIRouter, Request, Response

from oneai.http import headers
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import OptionalUser
from oneai.plans import model_list
from oneai.usage import model_figures

router = APIRouter(tags=["Models"])


@router.get("/chat/models", summary="List models", response_model=model_list.ModelList, responses=CACHEABLE)
async def list_models(request: Request, user: OptionalUser) -> Response:
    """Lists every available model, with its price, its features, its speed, and the plans that include it.

    Sections name a few models of each kind. Public; with a token also whether your plan includes it, and the ways to it
    in your workspace: who is asked, what pays, and why a way is not open."""
    known = await model_figures.model_choices()
    models = await model_list.list_models(user, known.figures, known.sections)
    # Publicly cacheable only for a client without a token, even if both get the same text.
    vary = f"Authorization, {headers.WORKSPACE}"
    content = models.model_dump_json(exclude=model_list.NOT_PUBLIC if user is None else None)
    return cacheable(request, content.encode(), public=user is None, vary=vary)
