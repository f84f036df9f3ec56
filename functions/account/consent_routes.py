"""Routes for consents."""

from typing import Annotated

from fastapi import APIRouter, Path

from oneai.accounts import consents
from oneai.accounts.consents import ConsentKind, Consents, NewConsents
from oneai.http.fastapi_app import PersonalUser, UserInAnyState

router = APIRouter(tags=["Account"])


@router.get("/user/consents", summary="Get consents")
async def get_consents(user: PersonalUser) -> Consents:
    """Returns the versions of the terms and of the privacy notice that you agreed to and when, the age that you stated,
    and the consents that are still missing."""
    return await consents.get_consents(user)


@router.post("/user/consents", summary="Agree to a text", status_code=201)
async def grant_consents(user: PersonalUser, body: NewConsents) -> Consents:
    """Agrees to the current terms and privacy notice, and states your age. Idempotent."""
    return await consents.grant_consents(user, body)


@router.delete("/user/consents/{kind}", summary="Revoke a consent")
async def revoke_consent(
    user: UserInAnyState, kind: Annotated[ConsentKind, Path(description="The consent to revoke.")]
) -> Consents:
    """Revokes the consent from now on. Earlier processing remains lawful; to erase the data, delete the account."""
    return await consents.revoke_consent(user, kind)
