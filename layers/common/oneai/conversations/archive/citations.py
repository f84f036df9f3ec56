"""Converts citations in other services' answers to links in the text."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from oneai.conversations.archive import limits
from oneai.conversations.archive.external import dict_of, line_of, list_of

# ChatGPT marks citations, names and pictures with private-use characters: start, end, and between the fields.
BEGIN, END, BETWEEN = "\ue200", "\ue201", "\ue202"
_MARK = re.compile("\ue200([^\ue200\ue201]{0,2000})\ue201")
# Some exporters remove these characters and leave the rest.
_BARE_MARK = re.compile(r"\b(?:file)?cite(?:turn\d{1,4}[a-z]{1,20}\d{1,4}){1,50}\b")
_LEFTOVER = re.compile("[\ue200-\ue206]")
# Older answers: 【8†source】, 【8:0†name.pdf】, 【12†L123-L131】.
_OLD_MARK = re.compile(r"【(\d+)(?::\d+)?†[^【】]{0,500}】")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
URL_CHARACTERS = 2000


def link(url: Any, title: Any = None) -> str | None:
    """A Markdown link; the host replaces a missing title. None if the address is not a web address."""
    if not isinstance(url, str) or len(url) > URL_CHARACTERS:
        return None
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    address = re.sub(r"[\s<>()\\]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url.strip())
    label = line_of(title, limits.TITLE_CHARACTERS) or host.removeprefix("www.")
    return f"[{re.sub(r'([\[\]\\`*_<>])', r'\\\1', label)}]({address})"


def with_chatgpt_links(text: str, metadata: dict[str, Any]) -> str:
    """Replaces ChatGPT's marks: with links to the cited pages, with names as words, or with nothing."""
    references = [each for each in list_of(metadata, "content_references") if isinstance(each, dict)]
    by_mark: dict[str, str] = {}
    for reference in references:
        mark = reference.get("matched_text")
        # Some references match a space, or the sentence itself: only marks are replaced.
        for place, found in enumerate(_marks(mark) if isinstance(mark, str) else []):
            by_mark.setdefault(found, "" if place else _shown(reference))
    if by_mark:
        for kind in (_MARK, _OLD_MARK, _BARE_MARK):
            text = kind.sub(lambda found: _spaced(by_mark[found[0]], found) if found[0] in by_mark else found[0], text)
    if "†" in text:
        text = _old_marks(text, metadata)
    if BEGIN in text or _LEFTOVER.search(text):
        text = _LEFTOVER.sub("", _MARK.sub(lambda found: _words(found[1]), text))
    rest = [each for each in _footnotes(references) if each not in text]
    return "\n\n".join(filter(None, [text, "\n".join(f"- {each}" for each in dict.fromkeys(rest))]))


def with_claude_links(text: str, citations: Any) -> str:
    """Adds Claude's citations as links after the cited words, or at the end if the words are not in the text."""
    placed: dict[int, list[str]] = {}
    for each in citations if isinstance(citations, list) else []:
        if not isinstance(each, dict):
            continue
        details, meta = dict_of(each, "details"), dict_of(each, "metadata")
        title = each.get("title") or details.get("title") or meta.get("preview_title") or each.get("document_title")
        shown = link(each.get("url") or details.get("url"), title)
        if shown is None:
            continue
        end = each.get("end_index")
        inside = isinstance(end, int) and not isinstance(end, bool) and 0 < end <= len(text)
        at = _end_of_word(text, end) if inside else len(text)  # type: ignore[arg-type]  # an int, as `inside` says
        links = placed.setdefault(at, [])
        if shown not in links:
            links.append(shown)
    pieces, before = [], 0
    for at in sorted(placed):
        pieces += [text[before:at], " ", " ".join(placed[at])]
        before = at
    return "".join([*pieces, text[before:]])


def _marks(text: str) -> Iterator[str]:
    for kind in (_MARK, _OLD_MARK, _BARE_MARK):
        for found in kind.finditer(text):
            yield found[0]


def _shown(reference: dict[str, Any]) -> str:
    """The replacement of one reference: its links, else the words that ChatGPT shows, else nothing."""
    if reference.get("type") == "hidden":
        return ""
    links = list(dict.fromkeys(_links(reference)))
    if links:
        return " ".join(links)
    for key in ("alt", "name", "title", "prompt_text"):
        words = line_of(reference.get(key), limits.TITLE_CHARACTERS)
        if words and not _LEFTOVER.search(words):
            return f"({words})" if str(reference.get("type")).startswith("file") else words
    return next((shown for url in list_of(reference, "safe_urls") if (shown := link(url))), "")


def _links(reference: dict[str, Any]) -> Iterator[str]:
    for item in [
        reference,
        *list_of(reference, "items"),
        *list_of(reference, "fallback_items"),
        *list_of(reference, "sources"),
    ]:
        if not isinstance(item, dict):
            continue
        if shown := link(item.get("url"), item.get("title") or item.get("name") or item.get("attribution")):
            yield shown
        for other in list_of(item, "supporting_websites"):
            if isinstance(other, dict) and (shown := link(other.get("url"), other.get("title"))):
                yield shown


def _footnotes(references: list[dict[str, Any]]) -> Iterator[str]:
    for reference in references:
        if str(reference.get("type")).startswith("sources_footnote"):
            yield from _links(reference)


def _old_marks(text: str, metadata: dict[str, Any]) -> str:
    """Replaces numbered marks with links to the citation of that number; other marks remain."""
    by_number: dict[str, str] = {}
    for each in list_of(metadata, "citations"):
        about = each.get("metadata") if isinstance(each, dict) else None
        if not isinstance(about, dict):
            continue
        name = line_of(about.get("name") or about.get("title"), limits.TITLE_CHARACTERS)
        shown = link(about.get("url"), about.get("title")) or (f"({name})" if name else None)
        extra = about.get("extra")
        number = extra.get("cited_message_idx") if isinstance(extra, dict) else None
        if shown and number is not None:
            by_number.setdefault(str(number), shown)
    return _OLD_MARK.sub(lambda found: _spaced(by_number[found[1]], found) if found[1] in by_number else found[0], text)


def _words(mark: str) -> str:
    """The text of a mark without a reference: a link's words and address, a name, or nothing."""
    kind, *fields = mark.split(BETWEEN)
    if kind in ("url", "link") and fields:
        return link(fields[-1], fields[0]) or fields[0]
    if kind == "entity" and fields:
        names = _QUOTED.findall(fields[0])
        return names[1] if len(names) > 1 else ""
    return ""


def _spaced(shown: str, mark: re.Match[str]) -> str:
    """Separates a link or a file's name from the word before it with a space."""
    before = mark.string[: mark.start()][-1:]
    return f" {shown}" if shown.startswith(("[", "(")) and before and not before.isspace() else shown


def _end_of_word(text: str, at: int) -> int:
    while at < len(text) and text[at - 1].isalnum() and text[at].isalnum():
        at += 1
    return at
