"""Reports of secret scanners about leaked keys."""

from typing import Annotated

from pydantic import BaseModel, Field, RootModel

from oneai.api_keys import secret as secrets
from oneai.postgres import db


class FoundToken(BaseModel):
    """One token as GitHub's secret scanning reports it; its other fields are ignored."""

    token: str = Field(max_length=1000, description="The text that was found, which may be a key.")


class LeakedTokens(RootModel[list[Annotated[str, Field(max_length=1000)] | FoundToken]]):
    """The tokens that a secret scanner found, as plain texts or as objects in GitHub's format."""

    root: Annotated[list[Annotated[str, Field(max_length=1000)] | FoundToken], Field(max_length=1000)]

    def texts(self) -> set[str]:
        """The tokens alone."""
        return {each if isinstance(each, str) else each.token for each in self.root}


async def report_keys(tokens: LeakedTokens) -> None:
    """Revokes every key whose valid secret is reported, and mails its owner. The answer does not say which were
    valid."""
    hashes = [secrets.hash_of(text) for text in tokens.texts() if secrets.is_well_formed(text)]
    # Runs without any valid secret too, because the first statement consumes the rate of the address.
    await db.call("select oneai.report_api_keys(%s)", [hashes], idempotent=True)
