"""The content of one message in Claude's export: text with citations, artifacts, programs and their output."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from oneai.code_fences import fenced
from oneai.conversations.archive import artifacts
from oneai.conversations.archive.artifacts import Change, Repetition, Shelf, artifact_of, documents_of
from oneai.conversations.archive.citations import with_claude_links
from oneai.conversations.archive.document import ExportedAttachment
from oneai.conversations.archive.external import (
    LeftOut,
    attachment,
    clean,
    dict_of,
    id_of,
    join_parts,
    list_of,
    text_of,
)

# Code that ran visibly for the user, with its output.
PROGRAMS = ("repl", "analysis_tool", "code_execution")
# Tools that write or change files.
EDITORS = ("create_file", "str_replace", "str_replace_based_edit_tool", "str_replace_editor")
THOUGHTS = ("thinking", "redacted_thinking")
# Content that Claude adds to a turn without showing it.
HIDDEN = ("flag", "token_budget", "injected_prompt_block")
# Text that the plain text has in place of blocks.
PLACEHOLDER = re.compile(
    r"(?:```\s*)?(?:This block is not supported on your current device yet\."
    r"|Viewing artifacts created via the Analysis Tool web feature preview isn.t yet supported on mobile\.)(?:\s*```)?"
)
_ARTIFACT = re.compile(r"<antArtifact\b([^>]{0,1000})>(.*?)(?:</antArtifact>|\Z)", re.DOTALL)
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_THOUGHT = re.compile(r"<antThinking>(.*?)(?:</antThinking>|\Z)", re.DOTALL)


def content_of(
    message: dict[str, Any], shelf: Shelf, repetition: Repetition, left_out: Counter[LeftOut]
) -> tuple[str, str, list[ExportedAttachment]]:
    """The text of a message, its thoughts, and the files in its content. Artifacts are put on `shelf`; parts that are
    not shown are counted.

    The plain text next to the blocks counts only if the blocks have no text, because it also has notes on tools.
    """
    blocks = message.get("content")
    parts: list[str | None] = []
    thoughts: list[str | None] = []
    files: list[ExportedAttachment] = []
    follows_text = False
    for block in [blocks] if isinstance(blocks, str) else list_of(message, "content"):
        if isinstance(block, str):
            parts.append(_text({"text": block}, shelf))
        elif isinstance(block, dict):
            files += _pictures(block)
            thoughts.append(_thought(block))
            shown = _block(block, shelf, repetition, left_out)
            is_text = block.get("type") == "text"
            if shown and is_text and follows_text and parts[-1] and _continues(parts[-1], shown):
                parts[-1] += shown
            else:
                parts.append(shown)
            follows_text = is_text
        else:
            left_out["unreadable"] += block is not None
    text = join_parts(parts)
    if not text:
        plain = PLACEHOLDER.sub("", text_of(message.get("text")) or "").strip()
        text = _text({"text": plain}, shelf) or ""
    return text, join_parts(thoughts), files


def _thought(block: dict[str, Any]) -> str | None:
    """The thoughts in a block. Older exports have them as tags in the text."""
    if block.get("type") in THOUGHTS:
        return text_of(block.get("thinking"))
    text = block.get("text")
    return join_parts(text_of(found) for found in _THOUGHT.findall(text)) if isinstance(text, str) else None


def _continues(before: str, text: str) -> bool:
    """Whether a text continues a sentence: Claude splits texts where a citation starts and ends."""
    return before[-1].isspace() or text[0].isspace() or text[0].islower() or text[0] in ",.;:!?)]’”。，、।"


def _block(block: dict[str, Any], shelf: Shelf, repetition: Repetition, left_out: Counter[LeftOut]) -> str | None:
    """The text that one block shows."""
    kind, name = block.get("type"), block.get("name")
    if kind in THOUGHTS:
        left_out["thoughts"] += _thought(block) is None
    elif kind in HIDDEN:
        left_out["hidden"] += 1
    elif kind == "tool_result":
        return _result(block, left_out)
    elif isinstance(kind, str) and kind.endswith("tool_use"):
        arguments, partial = block.get("input"), block.get("partial_json")
        if not arguments and isinstance(partial, str):
            arguments = artifacts.broken_off(partial)
        shown = _call(arguments, name, id_of(block.get("id")) or "", shelf, repetition)
        left_out["tool_calls"] += not shown
        return shown
    else:
        said = _text(block, shelf)
        if not said and not _pictures(block) and kind != "text":
            left_out["unreadable"] += 1
        return said
    return None


def _text(block: dict[str, Any], shelf: Shelf) -> str | None:
    """A text with its links. Artifacts as tags in the text, as in older exports, are shown in place."""
    text = next((found for key in ("text", "refusal", "content") if (found := text_of(block.get(key)))), None)
    if text is None:
        return None
    text = with_claude_links(text, block.get("citations"))
    if "<antThinking>" in text:
        text = _THOUGHT.sub("", text)
    if "<antArtifact" in text:
        text = "\n\n".join(part for part in _with_artifacts(text, shelf) if part)
    return text.strip() and text


def _with_artifacts(text: str, shelf: Shelf) -> Iterator[str]:
    at = 0
    for found in _ARTIFACT.finditer(text):
        yield text[at : found.start()].strip()
        at = found.end()
        named = dict(_ATTRIBUTE.findall(found[1]))
        written = artifact_of(named.get("title"), named.get("type"), found[2].strip("\n"), named.get("language"))
        if written is not None:
            shelf.put(named.get("identifier") or written.title or "", written)
            yield written.render()
    yield text[at:].strip()


def _call(arguments: Any, name: Any, call: str, shelf: Shelf, repetition: Repetition) -> str:
    """The text that a call shows: the artifact that it writes or changes, a program, or documents in its arguments."""
    if isinstance(arguments, str):
        arguments = artifacts.arguments_of(arguments)
    if not isinstance(arguments, dict):
        return ""
    if name in PROGRAMS:
        code = text_of(arguments.get("code"))
        return fenced(code) if code else ""
    if name != "artifacts" and name not in EDITORS:
        return join_parts(each.render() for each in documents_of(arguments))
    key = id_of(arguments.get("id")) or id_of(arguments.get("path")) or call
    new = next((arguments[key] for key in ("new_str", "insert_text") if isinstance(arguments.get(key), str)), None)
    old = arguments.get("old_str")
    content = text_of(arguments.get("content")) or text_of(arguments.get("file_text"))
    if content is None:
        if new is None:
            return ""
        return artifacts.change(
            shelf, key, [Change(clean(old) if isinstance(old, str) else "", clean(new))], repetition
        )
    before = shelf.artifacts.get(key)
    path = text_of(arguments.get("path"))
    title = arguments.get("title") or (path and path.rpartition("/")[2]) or (before.title if before else None)
    kind = arguments.get("type") or artifacts.ending_of(title)
    content = with_claude_links(content, arguments.get("md_citations"))
    written = artifact_of(title, kind, content, arguments.get("language"))
    if written is None:
        return ""
    if before and not arguments.get("type") and kind is None:  # a rewrite has no type
        written = artifacts.like(before, written)
    shelf.put(key, written)
    return written.render()


def _result(block: dict[str, Any], left_out: Counter[LeftOut]) -> str | None:
    """The output of a program. Results of other tools are not shown; a notice that an artifact was stored is not
    counted."""
    content = block.get("content")
    pieces = content if isinstance(content, list) else [content]
    texts = [text_of(each.get("text") if isinstance(each, dict) else each) for each in pieces]
    if block.get("name") in PROGRAMS:
        return join_parts(fenced(each) for each in texts if each) or None
    if block.get("name") != "artifacts" and block.get("name") not in EDITORS:
        left_out["tool_results"] += any(texts)
    return None


def _pictures(block: dict[str, Any]) -> list[ExportedAttachment]:
    """The pictures and documents of a block or of a tool's result, possibly without a name."""
    inner = block.get("content")
    found = [block, *(inner if isinstance(inner, list) else [])]
    return [
        attachment(
            each.get("file_name") or each.get("title") or each.get("file_uuid"),
            "image/*" if each["type"] == "image" else dict_of(each, "source").get("media_type"),
        )
        for each in found
        if isinstance(each, dict) and each.get("type") in ("image", "document")
    ]
