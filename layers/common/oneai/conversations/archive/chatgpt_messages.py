"""One message of ChatGPT's export: its role, its text with links and code, and the names of its files."""

from collections import Counter
from typing import Any

from oneai.code_fences import fenced
from oneai.conversations.archive import limits
from oneai.conversations.archive.artifacts import arguments_of, documents_of
from oneai.conversations.archive.citations import with_chatgpt_links
from oneai.conversations.archive.document import ExportedAttachment
from oneai.conversations.archive.external import (
    LeftOut,
    Node,
    attachment,
    clean,
    dict_of,
    id_of,
    join_parts,
    list_of,
    moment,
    text_of,
)

ENDINGS = {"in_progress": "truncated", "interrupted": "stopped"}
ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "bot": "assistant"}
THOUGHTS = ("thoughts", "reasoning_recap")
# Content types of texts for tools. https://github.com/pionxzh/chatgpt-exporter lists the types that ChatGPT sends.
TOOL_RESULTS = ("tether_browsing_display", "tether_quote", "sonic_webpage", "system_error", "super_widget")
# Tools whose text is what they found, not what they show.
SEARCHES = ("file_search", "myfiles_browser", "web", "browser", "bio", "search")
# Recipients of code that the user sees.
SHOWN_CODE = ("python", "all", None)
FILE_TYPES = {"image": "image/*", "audio": "audio/*", "video": "video/*"}


def read(
    id: str,
    parent: str | None,
    message: dict[str, Any],
    document: str | None,
    left_out: Counter[LeftOut],
    *,
    report: dict[str, Any] | None = None,
) -> Node:
    """The node of a message. `document` is the text that it wrote into a canvas. Parts that are not shown are counted
    in `left_out`.

    `report` is a report of Deep Research in the message. It becomes an answer even if it is hidden, because users saw
    it.
    """
    if not message:
        return Node(id=id, parent=parent, role=None)
    if report and (shown := _node_of_report(id, parent, message, report)):
        return shown
    metadata = dict_of(message, "metadata")
    text, pictures = text_and_files(message)
    if document is None and _calls_tool(message):
        document = join_parts(each.render() for each in documents_of(arguments_of(_raw_text(message)))) or None
    text = document or text
    files = _attached(metadata)
    named = {id_of(each.get("id")) for each in list_of(metadata, "attachments") if isinstance(each, dict)}
    # An attached image is in both places.
    together = [*files, *(each for each in pictures if each.name not in named)]
    role = _role(message, metadata, text or together)
    thoughts = _thoughts(message)
    if thoughts and not is_hidden(metadata):
        role = "assistant"
    if role is None:
        _count(message, metadata, left_out)
    return Node(
        id=id,
        parent=parent,
        role=role,  # type: ignore[arg-type]  # checked by _role
        content=text,
        reasoning=thoughts,
        created_at=None if thoughts else moment(message.get("create_time")),  # the answer's own time counts
        model=_model(message, metadata),
        # Without an answer after them thoughts are what a stop left.
        state="stopped" if thoughts else _state(message, metadata),  # type: ignore[arg-type]  # one of ENDINGS
        attachments=together,
    )


def _thoughts(message: dict[str, Any]) -> str:
    """The thoughts of a reasoning model, which are a message before its answer; each has a heading."""
    content = _content(message)
    if content.get("content_type") != "thoughts":
        return ""
    thoughts = [each for each in list_of(content, "thoughts") if isinstance(each, dict)]
    return join_parts(text_of(each.get(key)) for each in thoughts for key in ("summary", "content"))


def _node_of_report(id: str, parent: str | None, message: dict[str, Any], report: dict[str, Any]) -> Node | None:
    """The node of a report, with the text that the model wrote next to it; None for a report without text."""
    text, files = text_and_files(report)
    if not text:
        return None
    metadata, outer = dict_of(report, "metadata"), dict_of(message, "metadata")
    is_beside = role_of(message) == "assistant" and not is_hidden(outer)
    return Node(
        id=id,
        parent=parent,
        role="assistant",
        content=join_parts([text_and_files(message)[0] if is_beside else None, text]),
        created_at=moment(message.get("create_time")) or moment(report.get("create_time")),
        model=_model(report, metadata) or _model(message, outer),
        state=_state(report, metadata),  # type: ignore[arg-type]  # one of ENDINGS
        attachments=files,
    )


def role_of(message: dict[str, Any]) -> str | None:
    """The author's role; some exporters write it in place of the author."""
    author = message.get("author")
    role = author.get("role") if isinstance(author, dict) else author or message.get("role")
    return ROLES.get(role, role) if isinstance(role, str) else None


def is_hidden(metadata: dict[str, Any]) -> bool:
    """Whether ChatGPT hides the message."""
    return metadata.get("is_visually_hidden_from_conversation") is True


def text_and_files(message: dict[str, Any]) -> tuple[str, list[ExportedAttachment]]:
    """The text of a message, and its pictures and recordings; empty for messages between the model and its tools."""
    content = _content(message)
    kind, code = content.get("content_type"), content.get("text")
    if kind in ("code", "execution_output", "computer_output"):
        visible = kind == "execution_output" or message.get("recipient") in SHOWN_CODE
        shown = fenced(clean(code)) if visible and isinstance(code, str) and code.strip() else ""
        return shown, _pictures_of_code(dict_of(message, "metadata"))
    if kind in THOUGHTS or kind in TOOL_RESULTS or message.get("recipient") not in (None, "all"):
        return "", []
    texts: list[str | None] = []
    files: list[ExportedAttachment] = []
    for piece in _pieces(content):
        if isinstance(piece, dict):
            files += _files(piece)
            texts.append(text_of(piece.get("text")) or text_of(piece.get("content")))
        else:
            texts.append(text_of(piece if isinstance(piece, str) else str(piece)))
    joined = join_parts(texts)
    is_found = role_of(message) == "tool" and str(dict_of(message, "author").get("name")).split(".")[0] in SEARCHES
    return "" if is_found else with_chatgpt_links(joined, dict_of(message, "metadata")), files


def _content(message: dict[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    return content if isinstance(content, dict) else {"parts": content}


def _pieces(content: dict[str, Any]) -> list[Any]:
    """The parts of a message; for an unknown content type its text is the only part."""
    parts = content.get("parts")
    if parts is None:
        parts = [content.get(key) for key in ("text", "result", "content") if content.get(key)]
    listed = parts if isinstance(parts, list) else [parts]
    return [piece for piece in listed if isinstance(piece, str | dict | int | float) and not isinstance(piece, bool)]


def _raw_text(message: dict[str, Any]) -> str:
    """The text of a call, as the model wrote it."""
    content = _content(message)
    pieces = [content.get("text"), *_pieces({"parts": content.get("parts")})]
    return "".join(piece for piece in pieces if isinstance(piece, str))


def _calls_tool(message: dict[str, Any]) -> bool:
    return role_of(message) == "assistant" and message.get("recipient") not in SHOWN_CODE


def _role(message: dict[str, Any], metadata: dict[str, Any], something: Any) -> str | None:
    """The message's role; None for hidden messages. Visible tool output belongs to the surrounding answer.

    Text of an unknown role remains in the answer, because users saw it.
    """
    role, kind = role_of(message), _content(message).get("content_type")
    if not something or is_hidden(metadata) or role == "system" or kind == "user_editable_context":
        return None
    if role == "tool":
        return "assistant" if kind in ("execution_output", "multimodal_text") else None
    return "user" if role == "user" else "assistant"


def _count(message: dict[str, Any], metadata: dict[str, Any], left_out: Counter[LeftOut]) -> None:
    """Counts a hidden message that has content. Instructions are not counted, because they become the system prompt,
    nor are notices that a canvas was stored."""
    role, content = role_of(message), _content(message)
    kind = content.get("content_type")
    says = bool(_raw_text(message).strip()) or any(isinstance(each, dict) for each in _pieces(content))
    if kind in THOUGHTS:
        left_out["thoughts"] += kind == "thoughts"
    elif role == "system" or kind == "user_editable_context" or "canvas" in metadata or not says:
        return
    elif is_hidden(metadata):
        left_out["hidden"] += 1
    elif role == "tool":
        left_out["tool_results"] += 1
    else:
        left_out["tool_calls" if _calls_tool(message) else "unreadable"] += 1


def _attached(metadata: dict[str, Any]) -> list[ExportedAttachment]:
    return [
        attachment(each.get("name"), each.get("mime_type") or each.get("mimeType"), each.get("size"))
        for each in list_of(metadata, "attachments")
        if isinstance(each, dict)
    ]


def _files(piece: dict[str, Any]) -> list[ExportedAttachment]:
    """The files of one part, possibly without a name: a picture, a recording, or a video with its sound."""
    kind = str(piece.get("content_type"))
    inner = [piece[key] for key in ("audio_asset_pointer", "video_container_asset_pointer") if key in piece]
    if inner and not isinstance(piece.get("asset_pointer"), str):
        return [file for each in inner if isinstance(each, dict) for file in _files(each)]
    if not isinstance(piece.get("asset_pointer"), str) and "asset_pointer" not in kind:
        return []
    pointer = piece.get("asset_pointer")
    name = pointer.rpartition("/")[2] if isinstance(pointer, str) else None
    media = next((media for word, media in FILE_TYPES.items() if kind.startswith(word)), "image/*")
    return [attachment(name, media, piece.get("size_bytes"))]


def _pictures_of_code(metadata: dict[str, Any]) -> list[ExportedAttachment]:
    """The charts that a program drew."""
    return [
        attachment(str(each.get("image_url")).rpartition("/")[2], "image/*")
        for each in list_of(dict_of(metadata, "aggregate_result"), "messages")
        if isinstance(each, dict) and each.get("message_type") == "image"
    ]


def _model(message: dict[str, Any], metadata: dict[str, Any]) -> str | None:
    named = [metadata.get("model_slug"), message.get("model"), message.get("model_slug")]
    named += [metadata.get(key) for key in ("resolved_model_slug", "default_model_slug")]
    return next((name for each in named if (name := text_of(each, limits.NAME_CHARACTERS))), None)


def _state(message: dict[str, Any], metadata: dict[str, Any]) -> str:
    ended = dict_of(metadata, "finish_details").get("type")
    for word in (ended, message.get("status")):
        if isinstance(word, str) and word in ENDINGS:
            return ENDINGS[word]
    return "complete"
