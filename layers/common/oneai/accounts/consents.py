"""What a user agreed to: versions of the terms and the privacy notice, and the age that the user confirmed.

A sign-up sends its consents in the user's metadata (`consents`), and the trigger of `auth.users` records them. Users
who sign up through an identity provider, and users who must accept a new version, send them later.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Principal

type ConsentKind = Literal["terms", "privacy", "age"]


@dataclass(frozen=True, slots=True)
class ConsentSettings:
    """`terms_version` and `privacy_version` are the dates of the current texts. `minimum_age` is in years: below 18,
    India requires a parent's consent to process personal data (Digital Personal Data Protection Act 2023, sections 2(f)
    and 9)."""

    terms_version: str = "2026-11-23"
    privacy_version: str = "2026-11-23"
    minimum_age: int = 18


class RequiredConsent(BaseModel):
    """A consent that is required, in its current version."""

    model_config = ConfigDict(extra="forbid")

    kind: ConsentKind = Field(description="`terms`, `privacy`, or `age`: the user has reached the age in `version`.")
    version: str = Field(max_length=40, description="The date of the text; for `age`, the number of years.")


class Consent(RequiredConsent):
    """A consent that the user gave."""

    granted_at: datetime = Field(description="When.")
    revoked_at: datetime | None = Field(description="When it was revoked; null while it is in force.")


class Consents(BaseModel):
    """All of a user's consents."""

    items: list[Consent] = Field(description="Consents that were given, newest first.")
    required: list[RequiredConsent] = Field(description="Consents that are still missing.")


class NewConsents(BaseModel):
    """The body of `POST /api/user/consents`."""

    model_config = ConfigDict(extra="forbid")

    consents: list[RequiredConsent] = Field(min_length=1, max_length=3, description="The consents of the user.")


def current() -> list[RequiredConsent]:
    """What counts now."""
    config = settings.read(ConsentSettings)
    return [
        RequiredConsent(kind="terms", version=config.terms_version),
        RequiredConsent(kind="privacy", version=config.privacy_version),
        RequiredConsent(kind="age", version=str(config.minimum_age)),
    ]


async def get_consents(principal: Principal) -> Consents:
    """Returns the user's consents and those that are still missing."""
    items = await db.read_as(
        principal,
        "select kind, version, granted_at, revoked_at from oneai.consents where user_id = %s order by id desc",
        [principal.user_id],
        Consent,
    )
    in_force = {(each.kind, each.version) for each in items if each.revoked_at is None}
    return Consents(items=items, required=[each for each in current() if (each.kind, each.version) not in in_force])


async def grant_consents(principal: Principal, new: NewConsents) -> Consents:
    """Records the user's consents. Idempotent. Raises InvalidRequest for a version that is not the current one, because
    the user has read a different text."""
    versions = {each.kind: each.version for each in current()}
    for n, each in enumerate(new.consents):
        if each.version != versions[each.kind]:
            raise invalid(f"consents.{n}.version", "mismatch", "This is not the current version.")
    granted = {each.kind: each.version for each in new.consents}
    await db.call("select oneai.grant_consents(%s, %s)", [principal.user_id, json.dumps(granted)], idempotent=True)
    return await get_consents(principal)


async def revoke_consent(principal: Principal, kind: ConsentKind) -> Consents:
    """Revokes all versions of a consent. Idempotent."""
    await db.call("select oneai.revoke_consent(%s, %s)", [principal.user_id, kind], idempotent=True)
    return await get_consents(principal)
