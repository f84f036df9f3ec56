"""The pure router: which ways are open, in which order, and what follows a failure."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneai.errors import ModelBusy, OneAIError, UnknownModel, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import ContextTooLong, QuestionDeclined
from oneai.models.completion import ProviderCreditExhausted, ProviderKeyRefused
from oneai.models.route import (
    DEFAULT_ORDER,
    FALLBACKS,
    Candidate,
    Means,
    OwnKey,
    Route,
    after_failure,
    candidates,
    usable,
)

BY_OPENROUTER, BY_OPENAI = Route("openrouter", "openai/gpt-5.6"), Route("openai", "gpt-5.6")
ROUTES = [BY_OPENROUTER, BY_OPENAI]
KEY = OwnKey("key_1", "openai")
ERRORS: list[OneAIError] = [
    *(ModelBusy(), UpstreamUnavailable(), UpstreamError(), UpstreamTimeout(), ProviderKeyRefused()),
    *(ProviderCreditExhausted(), ContextTooLong(), QuestionDeclined(), UnknownModel()),
]


def ways(found: list[Candidate]) -> list[tuple[str, str]]:
    """The provider and source of each."""
    return [(each.route.provider, each.source) for each in found]


def test_an_own_key_comes_before_the_plan_and_credits() -> None:
    found = candidates(ROUTES, Means(own_keys=[KEY]))

    assert ways(usable(found)) == [("openai", "own_key"), ("openrouter", "plan"), ("openrouter", "credits")]


def test_a_workspace_may_order_and_leave_out_sources() -> None:
    found = candidates(ROUTES, Means(own_keys=[KEY], order=("credits", "own_key")))

    assert ways(usable(found)) == [("openrouter", "credits"), ("openai", "own_key")]
    assert found[-1].reason == "source_not_chosen"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (OwnKey("k", "openai", "refused"), "key_refused"),
        (OwnKey("k", "openai", "exhausted"), "key_exhausted"),
        (OwnKey("k", "openai", limit_reached=True), "key_limit_reached"),
        (OwnKey("k", "openai", models=frozenset({"gpt-4.1"})), "key_lacks_model"),
    ],
)
def test_a_key_that_cannot_be_used_says_why(key: OwnKey, reason: str) -> None:
    found = candidates(ROUTES, Means(own_keys=[key]))

    assert found[0].reason == reason
    assert ways(usable(found))[0] == ("openrouter", "plan")


def test_a_plan_and_credits_that_are_used_up_say_why() -> None:
    found = candidates(ROUTES, Means(plan="plan_used_up", credits="credits_off"))

    assert [each.reason for each in found] == ["plan_used_up", "credits_off"]
    assert usable(found) == []


def test_a_route_that_failed_is_set_aside_while_another_is_open() -> None:
    means = Means(operator_routes=frozenset({"openrouter", "openai"}), order=("plan",))
    found = candidates(ROUTES, means, {"openrouter": 5.0})

    assert ways(usable(found)) == [("openai", "plan")]


def test_the_route_whose_time_ends_first_is_used_where_all_are_set_aside() -> None:
    means = Means(operator_routes=frozenset({"openrouter", "openai"}), order=("plan",))
    found = candidates(ROUTES, means, {"openrouter": 9.0, "openai": 5.0})

    assert ways(usable(found)) == [("openai", "plan"), ("openrouter", "plan")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_own_key_falls_back_only_where_its_provider_was_busy_or_broken(error: OneAIError) -> None:
    key = replace(KEY, fallback="plan_then_credits")
    found = candidates(ROUTES, Means(own_keys=[key]))

    left = after_failure(found, found[0], error)

    temporary = {"ModelBusy", "UpstreamUnavailable", "UpstreamError", "UpstreamTimeout"}
    expected = [("openrouter", "plan"), ("openrouter", "credits")] if type(error).__name__ in temporary else []
    assert ways(left) == expected


@pytest.mark.parametrize("fallback", FALLBACKS)
def test_an_own_key_falls_back_to_what_its_owner_chose(fallback: str) -> None:
    key = replace(KEY, fallback=fallback)  # type: ignore[arg-type]
    found = candidates(ROUTES, Means(own_keys=[key]))

    assert tuple(each.source for each in after_failure(found, found[0], ModelBusy())) == FALLBACKS[fallback]  # type: ignore[index]


def test_the_operators_routes_stand_in_for_each_other_with_one_source() -> None:
    means = Means(operator_routes=frozenset({"openrouter", "openai"}))
    found = candidates(ROUTES, means)

    assert ways(after_failure(found, found[0], ProviderKeyRefused())) == [("openai", "plan")]
    assert after_failure(found, found[0], ContextTooLong()) == []
    assert after_failure(found, found[0], UnknownModel()) == []


KEYS = st.builds(
    OwnKey,
    id=st.sampled_from(["a", "b"]),
    provider=st.sampled_from(["openai", "anthropic", "openrouter"]),
    state=st.sampled_from(["active", "refused", "exhausted"]),
    limit_reached=st.booleans(),
    models=st.sampled_from([None, frozenset({"gpt-5.6"}), frozenset({"other"})]),
    fallback=st.sampled_from(sorted(FALLBACKS)),
)
MEANS = st.builds(
    Means,
    own_keys=st.lists(KEYS, max_size=3),
    plan=st.sampled_from([None, "not_in_plan", "plan_used_up"]),
    credits=st.sampled_from([None, "credits_used_up", "credits_off"]),
    order=st.lists(st.sampled_from(DEFAULT_ORDER), unique=True).map(tuple),
    operator_routes=st.frozensets(st.sampled_from(["openrouter", "openai"])),
)
ASIDE = st.dictionaries(st.sampled_from(["openrouter", "openai"]), st.floats(1, 100))


@given(means=MEANS, aside=ASIDE)
def test_no_open_way_is_one_that_cannot_pay(means: Means, aside: dict[str, float]) -> None:
    found = candidates(ROUTES, means, aside)  # type: ignore[arg-type]

    for each in usable(found):
        assert each.source in means.order
        if each.source == "own_key":
            assert each.key is not None
            assert each.key.provider == each.route.provider
            assert (each.key.state, each.key.limit_reached) == ("active", False)
        else:
            assert (means.plan if each.source == "plan" else means.credits) is None
            assert each.route.provider in means.operator_routes


@given(means=MEANS, aside=ASIDE)
def test_open_ways_are_in_the_workspaces_order_and_each_comes_once(means: Means, aside: dict[str, float]) -> None:
    found = candidates(ROUTES, means, aside)  # type: ignore[arg-type]

    is_open = [each for each in found if each.available]
    places = [means.order.index(each.source) for each in is_open]
    assert places == sorted(places)
    expected = len([key for key in means.own_keys for route in ROUTES if route.provider == key.provider])
    assert len(found) == expected + 2 * len([each for each in ROUTES if each.provider in means.operator_routes])


@given(means=MEANS, aside=ASIDE, error=st.sampled_from(ERRORS), n=st.integers(0, 20))
def test_nothing_pays_after_a_failure_that_its_owner_did_not_choose(
    means: Means, aside: dict[str, float], error: OneAIError, n: int
) -> None:
    found = candidates(ROUTES, means, aside)  # type: ignore[arg-type]
    if not found:
        return
    failed = found[n % len(found)]

    for each in after_failure(found, failed, error):
        assert each.reason in (None, "set_aside")
        assert each.source in means.order
        assert not isinstance(error, ContextTooLong | QuestionDeclined)
        if failed.source == "own_key":
            assert failed.key is not None
            assert each.source in FALLBACKS[failed.key.fallback]
            assert not isinstance(error, ProviderKeyRefused | ProviderCreditExhausted)
        else:
            assert each.source == failed.source
            assert each.route.provider != failed.route.provider
