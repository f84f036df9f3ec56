"""The principal of a request with an API key."""

import json
from typing import cast
from uuid import UUID

from oneai.postgres.request_check import ApiKeyCheck, RequestId


class KeyPrincipal:
    """An API key, its owner and its workspace. Their ids are unknown until the first statement of the request returns;
    until then they can only be used as parameters of statements."""

    def __init__(self, check: ApiKeyCheck) -> None:
        self.check = check

    @property
    def user_id(self) -> UUID:
        """The owner's id."""
        return self.check.user_id or cast(UUID, RequestId(self.check, "user_id"))

    @property
    def api_key_id(self) -> UUID:
        """The key's id."""
        return self.check.api_key_id or cast(UUID, RequestId(self.check, "api_key_id"))

    @property
    def workspace_id(self) -> UUID:
        """The id of the workspace that the key belongs to."""
        return self.check.workspace_id or cast(UUID, RequestId(self.check, "workspace_id"))

    @property
    def claims(self) -> str:
        """The claims as the check sets them in its message; empty before the check."""
        if self.check.user_id is None:
            return ""
        claims = {"sub": str(self.user_id), "role": "authenticated", "api_key_id": str(self.api_key_id)}
        return json.dumps(claims, separators=(",", ":"))
