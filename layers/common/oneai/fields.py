"""What bodies of requests have in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_snake


class Fields(BaseModel):
    """Fields with their names in snake_case; camelCase is accepted too."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _accept_camel_case(cls, sent: Any) -> Any:
        return {to_snake(name): value for name, value in sent.items()} if isinstance(sent, dict) else sent
