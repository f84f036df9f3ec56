"""Documents that a model wrote besides its answer: ChatGPT's canvases, Claude's artifacts, and documents in other
tools.

The answer that wrote or changed a document contains all of it, as it was after the change.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from oneai.code_fences import fenced
from oneai.conversations.archive import limits
from oneai.conversations.archive.external import join_parts, line_of, text_of

# Characters of artifacts that changes may repeat in one conversation; beyond that only the changes are shown.
REPEATED_CHARACTERS = 5_000_000
# Characters that changes may search in one conversation; beyond that they are not applied.
SEARCHED_CHARACTERS = 300_000_000
# Types of prose; others are code.
PROSE = ("document", "markdown", "text/markdown", "text/plain", "text", "md", "txt")
# Languages for types of artifacts that do not state one.
LANGUAGES = {
    "text/html": "html",
    "image/svg+xml": "svg",
    "application/vnd.ant.code": "",
    "application/vnd.ant.react": "jsx",
    "application/vnd.ant.mermaid": "mermaid",
    "code/react": "jsx",
    "py": "python",
    "js": "javascript",
    "ts": "typescript",
}
# Names of tool arguments that contain documents, and of those that contain their names.
TEXT_KEYS = (
    *("content", "contents", "file_text", "text", "body", "message", "draft", "document"),
    *("code", "markdown", "html", "widget_code"),
)
# Documents of a creating call; next to a command they describe it. An e-mail may be only an address.
DESCRIPTION_KEYS = ("description", "email")
# Any other text of this length, or with line breaks, is a document too, except for instructions to a tool.
LONG_CHARACTERS = 200
TITLE_KEYS = ("title", "name", "subject", "label", "path", "file_name", "filename", "summary_title")

_ASKED = re.compile(
    r"quer|command|cmd|prompt|search|\bscript|sql|pattern|schedule|thought|thinking|reason|token|cursor|ur[il]s?$|path",
    re.IGNORECASE,
)
# `.*`, `.+`, `[\s\S]*?` and similar: anything, including line ends.
_ANYTHING = re.compile(r"(?:\[\\s\\S\]|\[\\S\\s\]|\(\?:\.\|\\n\)|\.)[*+](\??)")
_PART_OF_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u[0-9A-Fa-f]{0,3})?\Z")
_ENDS = ("", '"}', "}", '"]}', '"}]}', "]}", "}]}", '"}}', "}}")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_META = re.compile(r"(?<!\\)[$*+?{}\[\]|()^]")


@dataclass(frozen=True)
class Artifact:
    """A document that a model wrote. `language` is for code; None for prose."""

    title: str | None
    text: str
    language: str | None = None
    prose: bool = True

    def render(self) -> str:
        """The artifact as Markdown: its title, then the prose unchanged or the code in a fence."""
        heading = f"**{self.title}**" if self.title else None
        return join_parts([heading, self.text if self.prose else fenced(self.text, self.language)])


class Change(NamedTuple):
    """One replacement: `pattern` as the model wrote it, a regular expression or the text itself."""

    pattern: str
    replacement: str
    everywhere: bool = False
    is_regex: bool = False


@dataclass
class Shelf:
    """The artifacts on the path to one node; the last changed one comes last."""

    artifacts: dict[str, Artifact] = field(default_factory=dict)

    def current(self) -> str | None:
        """The id of the artifact that was changed last."""
        return next(reversed(self.artifacts), None)

    def put(self, id: str, artifact: Artifact) -> None:
        """Stores the artifact as the current one."""
        self.artifacts.pop(id, None)
        self.artifacts[id] = artifact

    def copy(self) -> "Shelf":
        """A copy for a child, whose changes must not affect its siblings."""
        return Shelf(dict(self.artifacts))


class Repetition:
    """How many characters the changes of one conversation may still search and repeat."""

    def __init__(self) -> None:
        self._shown, self._searched = REPEATED_CHARACTERS, SEARCHED_CHARACTERS

    def allows_search(self, text: str) -> bool:
        """Whether one more change may be applied to the text."""
        self._searched -= len(text)
        return self._searched >= 0

    def allows(self, artifact: Artifact) -> bool:
        """Whether the whole artifact may be shown again."""
        self._shown -= len(artifact.text)
        return self._shown >= 0


def artifact_of(title: Any, kind: Any, text: Any, language: Any = None) -> Artifact | None:
    """An artifact from a tool's arguments; None without text. `kind` is its type, or its file extension."""
    body = text_of(text)
    if not body:
        return None
    name = line_of(title, limits.TITLE_CHARACTERS)
    kind = kind.lower() if isinstance(kind, str) else ending_of(name)
    stated = language if isinstance(language, str) else None
    if kind in PROSE or (kind is None and (stated is None or stated in PROSE)):
        return Artifact(name, body)
    return Artifact(name, body, stated or LANGUAGES.get(kind or "", (kind or "").rpartition("/")[2]), prose=False)


def change(shelf: Shelf, id: str | None, changes: list[Change], repetition: Repetition) -> str:
    """Applies the changes to the artifact (without an id: the current one), and returns what the answer shows.

    A change that does not match the text is shown by itself, so that no part of it is lost.
    """
    key = id if id in shelf.artifacts else shelf.current() if id is None else None
    artifact = shelf.artifacts[key] if key else Artifact(None, "")
    lost: list[str] = []
    text = artifact.text
    for each in changes:
        changed = _replaced(text, each) if key and repetition.allows_search(text) else None
        if changed is None or len(changed) > limits.CONVERSATION_CHARACTERS:
            lost.append(each.replacement)
        else:
            text = changed
    result = replace(artifact, text=text)
    if key:
        shelf.put(key, result)
    shown = key is not None and len(lost) < len(changes) and repetition.allows(result)
    fragments = lost if shown else [each.replacement for each in changes]
    pieces = [replace(artifact, title=None, text=each).render() for each in fragments if each.strip()]
    if shown:
        return join_parts([result.render(), *pieces])
    return join_parts([f"**{artifact.title}**" if artifact.title and pieces else None, *pieces])


def documents_of(arguments: Any, depth: int = 0) -> Iterator[Artifact]:
    """The documents in the arguments of any tool: texts under names that tools use for documents."""
    if isinstance(arguments, list) and depth < 6:
        for each in arguments:
            yield from documents_of(each, depth + 1)
    elif isinstance(arguments, dict):
        properties = arguments.get("properties")
        named = properties | arguments if isinstance(properties, dict) else arguments
        title = next((named[key] for key in TITLE_KEYS if isinstance(named.get(key), str)), None)
        for key, value in arguments.items():
            if isinstance(value, str) and value is not title and _is_document(key, value, arguments):
                guess = "html" if key in ("html", "widget_code") else "code" if key == "code" else None
                if found := artifact_of(title, guess or ending_of(title), value, arguments.get("language")):
                    yield found
            elif isinstance(value, dict | list) and depth < 6:
                yield from documents_of(value, depth + 1)


def _is_document(key: str, value: str, arguments: dict[str, Any]) -> bool:
    if key in TEXT_KEYS:
        return True
    # Base64 data and ids are long too, but have no spaces.
    is_prose = not value.isascii() or " " in value.strip() or "\n" in value.strip()
    if not is_prose or _ASKED.search(key):
        return False
    if key in DESCRIPTION_KEYS:
        return not any(_ASKED.search(other) for other in arguments)
    return "\n" in value.strip() or len(value) > LONG_CHARACTERS


def arguments_of(text: str) -> Any:
    """A call's arguments from their JSON; None if it is invalid."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def broken_off(text: str) -> Any:
    """The partial arguments of a call whose JSON ends early; None for other text."""
    text = _PART_OF_ESCAPE.sub(r"\1", text)
    return next((found for end in _ENDS if (found := arguments_of(text + end)) is not None), None)


def like(before: Artifact, written: Artifact) -> Artifact:
    """The new text of an existing artifact, with its kind."""
    return replace(before, title=written.title or before.title, text=written.text)


def ending_of(name: Any) -> str | None:
    """The extension of a file's name in lower case; None without one."""
    found = re.search(r"\.([A-Za-z0-9]{1,10})$", name) if isinstance(name, str) else None
    return found[1].lower() if found else None


def _replaced(text: str, one: Change) -> str | None:
    """The text after the change; None if its pattern is not found.

    Patterns from files are never run as regular expressions, which can take forever. Instead, pieces of plain text are
    searched for with anything between them.
    """
    if not one.pattern:
        return None
    if not one.is_regex or one.pattern in text:
        if one.pattern not in text:
            return None
        return text.replace(one.pattern, one.replacement, -1 if one.everywhere else 1)
    found = _find(text, one.pattern)
    if found is None:
        return None
    start, end = found
    return text[:start] + one.replacement + text[end:]


def _find(text: str, pattern: str) -> tuple[int, int] | None:
    """Finds pieces of plain text in sequence, with anything between them where the pattern allows it."""
    pattern = re.sub(r"^\(\?s\)|^\(\?s:(.*)\)$", r"\1", pattern, flags=re.DOTALL)
    whole_start, whole_end = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
    pieces = _ANYTHING.split(pattern[whole_start : len(pattern) - whole_end])
    literals, lazy = pieces[::2], pieces[1::2]
    texts = [_plain(each) for each in literals]
    if any(each is None for each in texts):
        return None
    start = at = text.find(texts[0] or "")
    if start < 0:
        return None
    at += len(texts[0] or "")
    for is_lazy, literal in zip(lazy, texts[1:], strict=True):
        if not literal:
            at = len(text)
            continue
        found = text.find(literal, at) if is_lazy else text.rfind(literal, at)
        if found < 0:
            return None
        at = found + len(literal)
    return start, at


def _plain(piece: str) -> str | None:
    """The text that a piece of a regular expression matches, if there is only one; else None."""
    if _META.search(piece) or re.search(r"\\[A-Za-mo-su-z0-9]", piece):
        return None
    return _ESCAPED.sub(lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), piece)
