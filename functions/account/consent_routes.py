"""Routes for what a user agreed to."""

from typing import Annotated

from fastapi import APIRouter, Path

from oneai.accounts import consents
from oneai.accounts.consents import ConsentKind, Consents, NewConsents
from oneai.http.fastapi_app import CurrentUser, UserInAnyState

router = APIRouter(tags=["Account"])


@router.get("/user/consents", summary="Get consents")
async def get_consents(user: CurrentUser) -> Consents:
    """Which versions of the terms and of the privacy notice you agreed to and when, the age that you stated, and what
    you are still to agree to."""
    return await consents.get_consents(user)


@router.post("/user/consents", summary="Agree to a text", status_code=201)
async def grant_consents(user: CurrentUser, body: NewConsents) -> Consents:
    """Agree to the current terms and privacy notice, and state your age. Again changes nothing."""
    return await consents.grant_consents(user, body)


@router.delete("/user/consents/{kind}", summary="Revoke a consent")
async def revoke_consent(
    user: UserInAnyState, kind: Annotated[ConsentKind, Path(description="What is revoked.")]
) -> Consents:
    """From then on. What was done before stays lawful; to have it erased, delete the account."""
    return await consents.revoke_consent(user, kind)
