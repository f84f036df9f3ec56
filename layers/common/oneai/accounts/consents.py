"""What a user agreed to: the terms and the privacy notice in their versions, and the age they stated to have reached.

A sign-up brings it along in the user's metadata (`consents`), which the trigger of `auth.users` records. Who signs up
through a provider, and who is to agree to a new version, states it afterwards.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Person

type ConsentKind = Literal["terms", "privacy", "age"]


@dataclass(frozen=True, slots=True)
class ConsentSettings:
    """`terms_version` and `privacy_version`: the dates of the texts that are shown. `minimum_age`, in years: whose data
    may be processed without a parent's consent is 18 in India (Digital Personal Data Protection Act 2023, sections 2(f)
    and 9)."""

    terms_version: str = "2026-11-23"
    privacy_version: str = "2026-11-23"
    minimum_age: int = 18


class RequiredConsent(BaseModel):
    """Something that is to be agreed to, in the version that counts now."""

    model_config = ConfigDict(extra="forbid")

    kind: ConsentKind = Field(description="`terms`, `privacy`, or `age`: to have reached the age in `version`.")
    version: str = Field(max_length=40, description="The date of the text; of `age` the years.")


class Consent(RequiredConsent):
    """Something that was agreed to."""

    granted_at: datetime = Field(description="When.")
    revoked_at: datetime | None = Field(description="When it was revoked; null: it is in force.")


class Consents(BaseModel):
    """All of a user's consents."""

    items: list[Consent] = Field(description="What was agreed to, the newest first.")
    required: list[RequiredConsent] = Field(description="What is still to be agreed to.")


class NewConsents(BaseModel):
    """The body of `POST /api/user/consents`."""

    model_config = ConfigDict(extra="forbid")

    consents: list[RequiredConsent] = Field(min_length=1, max_length=3, description="What the user agrees to.")


def current() -> list[RequiredConsent]:
    """What counts now."""
    config = settings.read(ConsentSettings)
    return [
        RequiredConsent(kind="terms", version=config.terms_version),
        RequiredConsent(kind="privacy", version=config.privacy_version),
        RequiredConsent(kind="age", version=str(config.minimum_age)),
    ]


async def get_consents(person: Person) -> Consents:
    """The user's consents, and what is missing."""
    items = await db.read_as(
        person,
        "select kind, version, granted_at, revoked_at from oneai.consents where user_id = %s order by id desc",
        [person.user_id],
        Consent,
    )
    in_force = {(each.kind, each.version) for each in items if each.revoked_at is None}
    return Consents(items=items, required=[each for each in current() if (each.kind, each.version) not in in_force])


async def grant_consents(person: Person, new: NewConsents) -> Consents:
    """Records what the user agrees to; again changes nothing. Raises InvalidRequest for another version than the
    current one: they have read another text."""
    versions = {each.kind: each.version for each in current()}
    for n, each in enumerate(new.consents):
        if each.version != versions[each.kind]:
            raise invalid(f"consents.{n}.version", "mismatch", "This is not the version that counts now.")
    granted = {each.kind: each.version for each in new.consents}
    await db.call("select oneai.grant_consents(%s, %s)", [person.user_id, json.dumps(granted)], idempotent=True)
    return await get_consents(person)


async def revoke_consent(person: Person, kind: ConsentKind) -> Consents:
    """Revokes a consent, in all versions; again changes nothing."""
    await db.call("select oneai.revoke_consent(%s, %s)", [person.user_id, kind], idempotent=True)
    return await get_consents(person)
