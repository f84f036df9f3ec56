"""The errors of workspaces' own keys for model providers."""

from oneai.errors import OneAIError


class ProviderKeysUnavailable(OneAIError):
    """AWS's key management, without which no key can be stored or read, does not answer or refuses."""

    status, code = 503, "provider_keys_unavailable"
    sentence = "Your own keys cannot be read right now. Please try again in a few minutes."


class ProviderKeyUnreadable(OneAIError):
    """The stored key does not belong to its row, or its data key is lost."""

    status, code = 409, "provider_key_unreadable"
    sentence = "This key can no longer be read. Please enter it again."


class OwnKeyLimitReached(OneAIError):
    """A limit of a workspace's own key. Extra: limit_name (the field of its limits), limit, used,
    resets_at."""

    status, code = 429, "own_key_limit_reached"
    sentence = "A limit of your own key is reached. An owner or admin can raise it."


class OwnKeyNotUsable(OneAIError):
    """Extra: state, `refused` or `revoked`."""

    status, code = 403, "own_key_not_usable"
    sentence = "Your own key is no longer accepted. An owner or admin can enter another one."
