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


class OwnKeyMissing(OneAIError):
    """Only own keys may pay the answer, and the workspace has none for a provider of the model."""

    status, code = 403, "own_key_missing"
    sentence = "There is no key of your own for this model. An owner or admin can add one under provider keys."


class OwnKeyRefused(OneAIError):
    """The provider refuses the workspace's own key, or its use for this model. Extra: provider."""

    status, code = 403, "provider_key_refused"
    sentence = "The provider does not accept your own key for this model. An owner or admin can check the key."


class OwnCreditExhausted(OneAIError):
    """The account of the workspace's own key has no credit left, or has reached a limit that is set there. Extra:
    provider."""

    status, code = 402, "provider_credit_exhausted"
    sentence = (
        "The account of your own key has no credit left at the provider, or has reached a limit that is set there."
    )


class ProviderAddressRefused(OneAIError):
    """The address of the workspace's custom provider may not be connected to now."""

    status, code = 403, "provider_address_refused"
    sentence = "The address of your own provider is not a public server at the moment. An owner or admin can check it."
