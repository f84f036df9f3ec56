"""The base addresses of providers, as operators may write them."""

from collections.abc import Iterator

import pytest

from oneai import settings
from oneai.models.endpoint import ProviderName
from oneai.models.provider_addresses import base_url_of


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    settings.reset_cache()


@pytest.mark.parametrize(
    ("provider", "written", "asked"),
    [
        ("openai", "http://127.0.0.1:9/openai/v1", "http://127.0.0.1:9/openai/v1"),
        ("anthropic", "http://127.0.0.1:9/anthropic/", "http://127.0.0.1:9/anthropic/v1"),
        ("anthropic", "http://127.0.0.1:9/v1/", "http://127.0.0.1:9/v1"),
        ("gemini", "http://127.0.0.1:9", "http://127.0.0.1:9/v1beta"),
        ("gemini", "http://127.0.0.1:9/v1beta", "http://127.0.0.1:9/v1beta"),
        ("replicate", "http://127.0.0.1:9", "http://127.0.0.1:9/v1"),
    ],
)
def test_an_address_may_be_set_with_or_without_its_version(
    provider: ProviderName, written: str, asked: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(f"{provider.upper()}_BASE_URL", written)
    settings.reset_cache()

    assert base_url_of(provider) == asked


def test_a_custom_provider_has_the_address_that_its_owner_wrote() -> None:
    assert base_url_of("custom", "https://models.example.com/v1/") == "https://models.example.com/v1"
    with pytest.raises(ValueError, match="address of its own"):
        base_url_of("custom")
