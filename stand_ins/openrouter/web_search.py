"""OpenRouter's server tool `openrouter:web_search` over a small offline web, and models that search in unusual ways."""

import re
import tomllib
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stand_ins.openrouter.reply import ModelError, Reply, choice_of, prompt_tokens

type Scenario = Callable[[Reply], Awaitable[None]]

_PAGES = Path(__file__).parent / "web_pages.toml"
TOOL = "openrouter:web_search"
# Words that say nothing of a subject.
_COMMON = frozenset(
    re.findall(
        r"\w+", "a an and are at did do for from how i in is it my of on or the this to was what when where which"
    )
)


async def searched(reply: Reply) -> str | None:
    """The text of an answer that was searched for, after the frames with its citations; None where the request does not
    offer the search, or the model does not need it: no page has a word of the question."""
    parameters = _offered(reply)
    pages = [] if parameters is None else found(reply.question)
    if parameters is None or not pages or parameters.get("max_uses") == 0:
        return None
    await _search(reply, pages[: parameters.get("max_results", 5)], parameters.get("max_characters", 3_000))
    sentences = []
    for page in pages[:2]:
        first, _, _ = page["text"].partition(". ")
        sentences.append(f"{first.rstrip('.')} [{urlsplit(page['url']).hostname}]({page['url']}).")
    return " ".join(sentences)


def found(question: str) -> list[dict[str, str]]:
    """The pages with words of the question, those with the most of them first."""
    words = set(re.findall(r"\w+", question.lower())) - _COMMON
    scored = [(len(words & _words(page["title"] + " " + page["text"])), page) for page in _pages()]
    return [page for score, page in sorted(scored, key=lambda each: -each[0]) if score]


async def _search(reply: Reply, pages: list[dict[str, str]], characters: int, *, times: int = 1) -> None:
    """Cites each page in a frame of its own, before the text; the model reads the prompt a second time."""
    reply.record.searches += times
    results = [{"content": page["text"][:characters]} for page in pages]
    reply.record.prompt_tokens += prompt_tokens(reply.body) + prompt_tokens({"messages": results})
    for page, result in zip(pages, results, strict=True):
        await cite(reply, url=page["url"], title=page["title"], content=result["content"])


async def cite(reply: Reply, **citation: Any) -> None:
    """A frame with one citation."""
    annotation = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 0, **citation}}
    await reply.frame(choices=[choice_of({"content": "", "annotations": [annotation]})])


async def searches_five_times(reply: Reply) -> None:
    """Searches five times, however few the request allows."""
    await _search(reply, found("ferry"), 1_000, times=5)
    await reply.say("Found in five searches.")
    await reply.end()


async def searches_unasked(reply: Reply) -> None:
    """Searches once although the request does not offer it, as models with a search of their own do."""
    await _search(reply, found("ferry"), 1_000)
    await reply.say("Found without being asked.")
    await reply.end()


async def searches_and_fails(reply: Reply) -> None:
    """Finds pages, and then the provider fails before the first word."""
    await _search(reply, found("ferry"), 1_000)
    await reply.frame(choices=[], error={"code": 502, "message": "Upstream error: the search timed out"})


async def searches_and_is_silent(reply: Reply) -> None:
    """Finds pages and writes, without stating the number of searches."""
    await _search(reply, found("ferry"), 1_000)
    await reply.say("Found, and not counted.")
    usage = reply.usage()
    del usage["server_tool_use_details"]
    await reply.end(usage=usage)


async def finds_and_writes_slowly(reply: Reply) -> None:
    """Finds pages, and then writes a word every fifth of a second for a minute."""
    await _search(reply, found("ferry"), 1_000)
    for _ in range(300):
        await reply.say("slowly ")
        await reply.rest(0.2)
    await reply.end()


async def cannot_search(reply: Reply) -> None:
    """Refuses a request with the search, as a region without an engine does."""
    if _offered(reply) is not None:
        raise ModelError(403, "openrouter:web_search is not available in this region")
    await reply.say("Answered without a search.")
    await reply.end()


async def cites_hostile_pages(reply: Reply) -> None:
    """Cites pages whose titles, texts and addresses are attacks, and two hundred more."""
    reply.record.searches += 1
    script = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
    await cite(reply, url="https://evil.example/a", title=script, content=f"{script} [click](javascript:alert(2))")
    for url in ("javascript:alert(3)", "data:text/html,<script>alert(4)</script>", "https://user:secret@evil.example/"):
        await cite(reply, url=url, title="A page that is none", content="No page.")
    await cite(reply, url="https://evil.example/b", title="safe.example\u202e\u2066 gnihsihp", content="x" * 100_000)
    for n in range(200):
        await cite(reply, url=f"https://many.example/{n}", title=f"Page {n}", content="One of many.")
    await reply.say("Many pages say so.")
    await reply.end()


def _offered(reply: Reply) -> dict[str, Any] | None:
    """The parameters of the search that the request offers."""
    for tool in reply.body.get("tools") or ():
        if isinstance(tool, dict) and tool.get("type") == TOOL:
            return dict(tool.get("parameters") or {})
    return None


@cache
def _pages() -> list[dict[str, str]]:
    pages: list[dict[str, str]] = tomllib.loads(_PAGES.read_text())["page"]
    return pages


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


BY_ID: dict[str, Scenario] = {
    "local/searches-five-times": searches_five_times,
    "local/searches-unasked": searches_unasked,
    "local/searches-and-fails": searches_and_fails,
    "local/searches-silently": searches_and_is_silent,
    "local/searches-slowly": finds_and_writes_slowly,
    "local/cannot-search": cannot_search,
    "local/cites-hostile-pages": cites_hostile_pages,
}
