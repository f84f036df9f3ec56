"""The codes of the routes for workspaces' keys for model providers, at both of their addresses."""

from openapi.refusal_groups import SIGNED_IN

_STORING = ("not_found", "provider_keys_unavailable", "provider_key_unreadable", *SIGNED_IN)
_NAMED = ("not_found", *SIGNED_IN)

OF_PROVIDER_KEYS: dict[tuple[str, str], tuple[str, ...]] = {
    (method, f"/settings/{name}{rest}"): codes
    for name in ("provider-keys", "api-keys")
    for method, rest, codes in (
        ("post", "", _STORING),
        ("get", "", _NAMED),
        ("put", "/{id}", _STORING),
        ("delete", "/{id}", _NAMED),
        ("post", "/{id}/test", _STORING),
        ("get", "/{id}/usage", _NAMED),
    )
}
