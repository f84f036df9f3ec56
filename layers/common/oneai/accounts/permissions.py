"""What a signed-in user may do, by role. The names that API keys can have as scopes mean the same here."""

from typing import Literal

type Role = Literal["user", "admin", "support"]

# Everything of their own.
USER = (
    *("account", "billing", "chat", "conversations:read", "conversations:write"),
    *("embeddings", "models", "usage:read"),
)
ADMIN = (*USER, "users:suspend")


def permissions_of(role: Role) -> list[str]:
    """The permissions of an access token of a user with this role."""
    return list(ADMIN if role == "admin" else USER)
