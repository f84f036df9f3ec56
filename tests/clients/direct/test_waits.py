"""Whether a refused request is asked again, and after how long, by the headers of each provider."""

import json
from typing import Any

import pytest

from oneai.clients.anthropic import failures as anthropic
from oneai.clients.gemini import failures as gemini
from oneai.clients.openai import failures as openai
from oneai.clients.replicate import failures as replicate

ALL = (openai, anthropic, gemini, replicate)
DATES = {"date": "Fri, 27 Nov 2026 09:00:00 GMT", "retry-after": "Fri, 27 Nov 2026 09:01:30 GMT"}


def body_of(error: dict[str, Any]) -> bytes:
    """The body of an error."""
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("status", "error", "says", "is_retried"),
    [
        (401, {"code": "invalid_api_key"}, "true", False),
        (402, {}, "true", False),
        (403, {}, "true", False),
        (404, {"code": "model_not_found"}, "true", False),
        (429, {"code": "insufficient_quota"}, "true", False),
        (400, {"code": "content_policy_violation"}, "true", False),
        (400, {"code": "context_length_exceeded"}, "true", False),
        (409, {}, "true", True),
        (409, {}, None, False),
        (503, {}, "false", False),
        (503, {}, None, True),
        (429, {}, "false", False),
    ],
)
def test_should_retry_overrides_all_but_final_refusals(
    *, status: int, error: dict[str, Any], says: str | None, is_retried: bool
) -> None:
    headers = {"x-should-retry": says} if says else {}

    assert openai.from_response(status, body_of(error), headers).retryable is is_retried


@pytest.mark.parametrize("client", ALL, ids=lambda client: client.__name__.split(".")[2])
@pytest.mark.parametrize("status", [401, 402, 403])
def test_no_provider_is_asked_again_about_a_key_or_its_credit(client: Any, status: int) -> None:
    assert not client.from_response(status, b"{}", {"x-should-retry": "true"}).retryable


@pytest.mark.parametrize("client", ALL, ids=lambda client: client.__name__.split(".")[2])
@pytest.mark.parametrize(
    ("headers", "seconds", "is_retried"),
    [
        ({"retry-after-ms": "1500"}, 1.5, True),
        ({"retry-after": "7"}, 7.0, True),
        ({"retry-after": "90"}, 90.0, False),
        (DATES, 90.0, False),
        ({**DATES, "retry-after": "Fri, 27 Nov 2026 09:00:04 GMT"}, 4.0, True),
        ({**DATES, "retry-after": "Fri, 27 Nov 2026 08:59:00 GMT"}, 0.0, True),
        ({"retry-after": DATES["retry-after"]}, 86_400.0, False),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0, False),
    ],
)
def test_each_form_of_a_wait_is_understood_at_each_provider(
    client: Any, *, headers: dict[str, str], seconds: float, is_retried: bool
) -> None:
    found = client.from_response(429, b"{}", headers)

    assert (found.wait, found.retryable) == (seconds, is_retried)
