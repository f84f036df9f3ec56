"""Routes for the secrets with which a website's server says who its visitors are."""

from typing import Annotated
from uuid import UUID

from chatbot_routes import ChatbotId
from fastapi import APIRouter, Path

from oneai.chatbots import identity_secrets
from oneai.chatbots.identity_secrets import (
    ANOTHER_SECRET,
    IdentitySecretList,
    IdentitySecretMade,
    NewIdentitySecret,
)
from oneai.http.fastapi_app import CurrentUser

router = APIRouter(tags=["Chatbots"])


@router.post("/chatbots/{id}/identity-secrets", summary="Make an identity secret", status_code=201)
async def add_identity_secret(
    user: CurrentUser, id: ChatbotId, new: NewIdentitySecret = ANOTHER_SECRET
) -> IdentitySecretMade:
    """Makes a secret with which the website's server signs who a visitor is, as an owner or admin. The one before is
    accepted for some hours more."""
    return await identity_secrets.add_secret(user, id, new)


@router.get("/chatbots/{id}/identity-secrets", summary="List identity secrets")
async def list_identity_secrets(user: CurrentUser, id: ChatbotId) -> IdentitySecretList:
    """Lists the secrets that are accepted, without their text, for owners and admins."""
    return await identity_secrets.list_secrets(user, id)


@router.delete("/chatbots/{id}/identity-secrets/{secret_id}", summary="Remove an identity secret", status_code=204)
async def remove_identity_secret(
    user: CurrentUser, id: ChatbotId, secret_id: Annotated[UUID, Path(description="The secret's id.")]
) -> None:
    """Removes a secret at once, as an owner or admin. Sessions that began with it go on for at most an hour."""
    await identity_secrets.remove_secret(user, id, secret_id)
