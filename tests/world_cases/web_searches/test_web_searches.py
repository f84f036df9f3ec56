"""What providers say of searches of the web: what is charged of one held search, its cost, which pages are shown."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from oneai.models import web_search
from tests.world import World

# The upstream sends the question back as the bytes of its response.
VERBATIM = "local/verbatim"
PAGE = {"url": "https://news.example/bridge", "title": "The bridge is open", "content": "Since Monday."}
TOKENS = {"prompt_tokens": 900, "completion_tokens": 8}


@dataclass(frozen=True)
class Case:
    """The stream of a provider: citations (or whole frames), then text, then usage. `hosts` are those of the pages that
    are shown, `charged` the searches, `cost` micro-dollars (None: an estimate)."""

    usage: tuple[dict[str, Any], ...]
    hosts: tuple[str, ...]
    charged: int
    cost: int | None
    cited: tuple[dict[str, Any], ...] = (PAGE,)
    frames: tuple[dict[str, Any], ...] = ()

    def stream(self) -> str:
        """The body of the response."""
        citations = [{"annotations": [{"type": "url_citation", "url_citation": each}]} for each in self.cited]
        deltas = [*citations, {"content": "The bridge "}, {"content": "is open."}]
        frames = [*self.frames, *({"choices": [{"index": 0, "delta": each}]} for each in deltas)]
        frames.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        frames += [{"choices": [], "usage": each} for each in self.usage]
        return "".join(f"data: {json.dumps({'id': 'gen-1', **each})}\n\n" for each in frames) + "data: [DONE]\n\n"


def stated(searches: Any, cost: float = 0.0075, field: str = "server_tool_use_details") -> dict[str, Any]:
    """Usage with a number of searches in this field."""
    return {**TOKENS, "cost": cost, field: {"web_search_requests": searches}}


WITHOUT = {**TOKENS, "cost": 0.0075}
NEWS = ("news.example",)
OTHER_FIELD = {**WITHOUT, "server_side_tool_usage_details": {"web_search_calls": 2}}
SCRIPTS = (
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "vbscript:msgbox",
    "//news.example/a",
)
CASES = {
    "counted-in-the-documented-field": Case((stated(1, field="server_tool_use"),), NEWS, 1, 7_500),
    "counted-in-a-field-of-another-maker": Case((OTHER_FIELD,), NEWS, 1, 7_500),
    "not-counted-in-a-stream": Case((WITHOUT,), NEWS, 1, 7_500),
    "repeated-queries-are-counted": Case((stated(7, cost=0.0495),), NEWS, 1, 49_500),
    "pages-without-a-search": Case((stated(0, cost=0.0005),), NEWS, 0, 500),
    "a-search-without-pages": Case((stated(1),), (), 1, 7_500, cited=()),
    "offered-and-not-used": Case((WITHOUT,), (), 0, 7_500, cited=()),
    "usage-comes-twice": Case((stated(1, cost=0.007), stated(1)), NEWS, 1, 7_500),
    "no-usage": Case((), NEWS, 1, None),
    "count-is-a-text": Case((stated("1"),), NEWS, 1, 7_500),
    "count-is-negative": Case((stated(-3),), NEWS, 1, 7_500),
    "count-is-no-number": Case((stated("many"),), NEWS, 1, 7_500),
    "count-is-huge": Case((stated(10**30),), NEWS, 1, 7_500),
    "pages-beside-the-choices": Case(
        (stated(1),),
        ("news.example", "rail.example"),
        1,
        7_500,
        cited=(),
        frames=({"citations": ["https://news.example/bridge", "https://rail.example/"], "choices": []},),
    ),
    "pages-repeat-with-every-frame": Case((stated(1),), NEWS, 1, 7_500, cited=(PAGE, PAGE, PAGE)),
    "addresses-that-run-scripts": Case(
        (stated(1),), NEWS, 1, 7_500, cited=(*({**PAGE, "url": each} for each in SCRIPTS), PAGE)
    ),
    "addresses-that-cannot-be-parsed": Case(
        (stated(1),), NEWS, 1, 7_500, cited=({**PAGE, "url": "https://[news.example/"}, {**PAGE, "url": 7}, PAGE)
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
async def test_a_search_is_charged_and_shown_as_its_provider_states_it(shared: World, name: str) -> None:
    case, who = CASES[name], shared.newcomer()

    result = await shared.ask(case.stream(), who, model=VERBATIM, web_search=True)

    assert (result.last["state"], result.text) == ("complete", "The bridge is open.")
    found = [data["sources"] for event, data, _ in result.events if event == "sources"]
    assert tuple(each["url"].split("/")[2] for each in (found[-1] if found else [])) == case.hosts
    assert (shared.quota(who, "web_searches"), shared.quota(who)) == ((case.charged, 0), (1, 0))
    cost = result.last["usage"]["cost_micro_usd"]
    if case.cost is None:
        assert result.last["usage"]["estimated"]
        assert cost >= web_search.MICRO_USD
    else:
        assert cost == case.cost
