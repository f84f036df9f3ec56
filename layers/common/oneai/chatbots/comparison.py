"""What differs between two versions of a chatbot, or between one and its draft."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.chatbot_errors import ChatbotNotFound
from oneai.chatbots.fields import Configuration
from oneai.chatbots.manage import show_chatbot
from oneai.postgres import db
from oneai.postgres.db import Principal


class Difference(BaseModel):
    """A field with different values."""

    field: str = Field(description="The field, such as `widget.color`.")
    before: Any = Field(description="Its value in the version.")
    after: Any = Field(description="Its value in what the version is compared with.")


class VersionComparison(BaseModel):
    """The differences between two versions."""

    before: int = Field(description="The version.")
    after: int | Literal["draft"] = Field(description="What it is compared with: another version, or `draft`.")
    differences: list[Difference] = Field(description="The fields that differ, in their order; empty: none.")


class _Row(BaseModel):
    version: int
    configuration: Configuration


async def compare_versions(
    principal: Principal, chatbot_id: UUID, before: int, after: int | Literal["draft"]
) -> VersionComparison:
    """The differences between a version and another, or the draft. Raises ChatbotNotFound, also for a version that
    there is not."""
    chatbot = await show_chatbot(principal, chatbot_id)
    numbers = [before] if after == "draft" else [before, after]
    rows = await db.read_as(
        principal,
        "select v.version, v.configuration from oneai.chatbot_versions as v where v.chatbot_id = %s "
        "and v.version = any (%s)",
        [chatbot_id, numbers],
        _Row,
    )
    known = {row.version: row.configuration for row in rows}
    if set(numbers) - known.keys():
        raise ChatbotNotFound
    other = chatbot.draft if after == "draft" else known[after]
    return VersionComparison(before=before, after=after, differences=differences(known[before], other))


def differences(before: Configuration, after: Configuration) -> list[Difference]:
    """The fields of two configurations that differ. Lists are compared as a whole."""
    one, other = (_flat(each.model_dump(mode="json")) for each in (before, after))
    return [
        Difference(field=name, before=one.get(name), after=other.get(name))
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name)
    ]


def _flat(value: dict[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, each in value.items():
        found |= _flat(each, f"{above}{name}.") if isinstance(each, dict) else {f"{above}{name}": each}
    return found
