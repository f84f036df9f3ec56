"""ChatGPT's canvases: documents that a model creates, changes and comments on in calls of the tool `canmore`."""

from typing import Any

from oneai.code_fences import fenced
from oneai.conversations.archive import artifacts
from oneai.conversations.archive.artifacts import Change, Repetition, Shelf
from oneai.conversations.archive.external import clean, dict_of, id_of, join_parts, list_of, text_of
from oneai.conversations.archive.parents import depths_of


def read(mapping: dict[str, dict[str, Any]], parent_of: dict[str, str | None]) -> dict[str, str]:
    """The text that each call shows, by node id: the document after the call, or the comments on it."""
    calls = {name: message for name, node in mapping.items() if _function(message := dict_of(node, "message"))}
    if not calls:
        return {}
    answers = _document_ids(mapping, parent_of)
    shelves: dict[str | None, Shelf] = {None: Shelf()}
    repetition = Repetition()
    shown: dict[str, str] = {}
    for name in depths_of(parent_of):
        shelf = shelves[parent_of[name]]
        if name in calls:
            shelf = shelf.copy()
            shown[name] = _apply(calls[name], answers.get(name), name, shelf, repetition)
        shelves[name] = shelf
    return shown


def _function(message: dict[str, Any]) -> str | None:
    recipient = message.get("recipient")
    return recipient.partition(".")[2] if isinstance(recipient, str) and recipient.startswith("canmore.") else None


def _document_ids(mapping: dict[str, dict[str, Any]], parent_of: dict[str, str | None]) -> dict[str, str]:
    """The document of each call, by the call's node; the tool's answer below the call has its id."""
    return {
        parent: document
        for name, parent in parent_of.items()
        if parent is not None
        and name in mapping
        and (document := id_of(_canvas(mapping[name]).get("textdoc_id"))) is not None
    }


def _canvas(node: dict[str, Any]) -> dict[str, Any]:
    return dict_of(dict_of(dict_of(node, "message"), "metadata"), "canvas")


def _apply(message: dict[str, Any], document: str | None, node: str, shelf: Shelf, repetition: Repetition) -> str:
    """Applies the change and returns what the answer shows; `node` is the id for a document that the tool did not name.

    Arguments that are not JSON are shown unchanged.
    """
    content = dict_of(message, "content")
    parts = [content.get("text"), *list_of(content, "parts")]
    said = clean("".join(part for part in parts if isinstance(part, str)))
    arguments = artifacts.arguments_of(said)
    if not isinstance(arguments, dict):
        return fenced(said) if said.strip() else ""
    comments = [
        each for each in list_of(arguments, "comments") if isinstance(each, dict) and text_of(each.get("comment"))
    ]
    if comments:
        return "\n".join(map(_comment, comments))
    changes = [
        Change(clean(each["pattern"]), clean(each["replacement"]), each.get("multiple") is True, is_regex=True)
        for each in list_of(arguments, "updates")
        if isinstance(each, dict) and isinstance(each.get("pattern"), str) and isinstance(each.get("replacement"), str)
    ]
    if changes:
        known = document if document in shelf.artifacts else None
        return artifacts.change(shelf, known, changes, repetition)
    kind = arguments.get("type") or "document"
    written = artifacts.artifact_of(arguments.get("name"), kind, arguments.get("content"))
    if written is None:
        return join_parts(each.render() for each in artifacts.documents_of(arguments))
    shelf.put(document or node, written)
    return written.render()


def _comment(comment: dict[str, Any]) -> str:
    """One comment as a list item, with the words that it refers to."""
    about = text_of(comment.get("pattern"), 200)
    said = " ".join((text_of(comment.get("comment")) or "").split())
    return f"- “{' '.join(about.split())}”: {said}" if about else f"- {said}"
