"""Reports of secret scanners: keys that were found in public."""

from typing import Annotated

from pydantic import BaseModel, Field, RootModel

from oneai.api_keys import secret as secrets
from oneai.postgres import db


class FoundToken(BaseModel):
    """One token as GitHub's secret scanning reports it; its other fields are ignored."""

    token: str = Field(max_length=1000, description="What was found.")


class LeakedTokens(RootModel[list[Annotated[str, Field(max_length=1000)] | FoundToken]]):
    """What a secret scanner found, each as a plain text or as an object of GitHub's."""

    root: Annotated[list[Annotated[str, Field(max_length=1000)] | FoundToken], Field(max_length=1000)]


async def report_keys(tokens: LeakedTokens) -> None:
    """Revokes the keys that these are valid secrets of, and mails their owners. Nothing tells which they were."""
    texts = {each if isinstance(each, str) else each.token for each in tokens.root}
    hashes = [secrets.hash_of(text) for text in texts if secrets.is_well_formed(text)]
    # Also without any: the rate of the address is taken by the first statement.
    await db.call("select oneai.report_api_keys(%s)", [hashes], idempotent=True)
