"""How a path names a workspace."""

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator

from oneai.workspaces import plain_reference

Reference = Annotated[
    str, Path(max_length=1000, description="The workspace's id, or its slug."), AfterValidator(plain_reference)
]
