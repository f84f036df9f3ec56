"""API keys: what programs show instead of a token, for some of what their owner may do, within limits of their own."""

from oneai.api_keys.fields import ApiKey, ApiKeyChanges, ApiKeyPage, NewApiKey, NewSecret, Rotation
from oneai.api_keys.manage import create_key, list_keys, require_key, revoke_key, rotate_key, update_key
from oneai.api_keys.report import LeakedTokens, report_keys

__all__ = [
    "ApiKey",
    "ApiKeyChanges",
    "ApiKeyPage",
    "LeakedTokens",
    "NewApiKey",
    "NewSecret",
    "Rotation",
    "create_key",
    "list_keys",
    "report_keys",
    "require_key",
    "revoke_key",
    "rotate_key",
    "update_key",
]
