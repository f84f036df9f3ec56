"""Models of providers that have no catalogue, which only a workspace's own key can ask: their ids name the provider.

`custom/NAME` is a model of the workspace's custom provider, `custom/KEY_ID/NAME` that of one of several, and
`replicate/OWNER/NAME` one of Replicate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from oneai import settings
from oneai.models import Model

_PREFIXES = ("custom/", "replicate/")
# What is assumed of such a model.
_CONTEXT_TOKENS = 128_000
_MAX_NAME = 200


@dataclass(frozen=True)
class OwnKeySettings:
    """`provider_keys_kms_key` is set where workspaces can have keys of their own."""

    provider_keys_kms_key: str = ""


def are_enabled() -> bool:
    """Whether workspaces can have keys of their own here."""
    return bool(settings.read(OwnKeySettings).provider_keys_kms_key)


def unlisted_model(name: str) -> Model | None:
    """The model of a custom provider or of Replicate with this name; None for another name. Whether there is such a
    model, only the provider knows."""
    if not name.startswith(_PREFIXES) or not are_enabled():
        return None
    provider, _, rest = name.partition("/")
    if not rest or len(name) > _MAX_NAME or not name.isprintable() or " " in name:
        return None
    is_custom = provider == "custom"
    return Model(
        id=name,
        canonical_slug=name,
        name=rest,
        description=None,
        created=0,
        context_length=_CONTEXT_TOKENS,
        max_completion_tokens=None,
        input_modalities=("text", "image") if is_custom else ("text",),
        output_modalities=("text",),
        prompt_price=None,
        completion_price=None,
        pricing="missing",
        price_version="unknown",
        supported_parameters=("tools", "temperature", "max_tokens") if is_custom else ("temperature", "max_tokens"),
    )


def is_unlisted(models: Sequence[Model]) -> bool:
    """Whether one of these models is in no catalogue, so that own keys alone can pay its answers."""
    return any(model.id.startswith(_PREFIXES) for model in models)
