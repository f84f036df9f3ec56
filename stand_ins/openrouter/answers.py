"""The answer of a healthy model: friendly and deterministic, word by word, at a readable pace."""

import base64
import re
import struct
import zlib
from typing import Any

from stand_ins.openrouter import structured, web_search
from stand_ins.openrouter.known_questions import answer_to, title_of
from stand_ins.openrouter.reply import Reply, choice_of, text_of
from stand_ins.openrouter.verdicts import verdict

_ANSWER = (
    "This is the local stand-in for {model}, so no model was asked and nothing was spent. "
    "You said: “{echo}”. A real model would now think about that."
)


async def normal(reply: Reply) -> None:
    """About twenty words, or what is written down for a question that is known; reasoning first if the request asks for
    it; an image if the model generates images, unless the question begins with "In words only". Tools are called where
    the request offers any, JSON is written where it requires a schema, and the offline web is searched where it may be
    and has an answer."""
    await reply.comment(2)
    if title := _title(reply):
        await reply.end("length" if await speak(reply, title) else "stop")
        return
    if page := _page(reply):
        await reply.end("length" if await speak(reply, page) else "stop")
        return
    if reply.body.get("reasoning") and "reasoning" in reply.model["supported_parameters"]:
        await speak(reply, "The user wrote to the stand-in. I should say that I am one.", key="reasoning")
    draws = "image" in reply.model["architecture"]["output_modalities"] and reply.body.get("modalities") != ["text"]
    if names := structured.offered_tools(reply):
        await structured.call_tools(reply, names)
        return
    if draws and not reply.question.startswith("In words only"):
        await show(reply, picture())
    words = verdict(reply) or structured.required_json(reply) or await web_search.searched(reply)
    words = words or answer_to(reply.question, reply.model["id"])
    words = words or _ANSWER.format(model=reply.model["id"], echo=shortened(reply.question))
    if tool_results := structured.results(reply):
        words = f"The tools say {tool_results}."
    await reply.end("length" if await speak(reply, words) else "stop")


def _title(reply: Reply) -> str | None:
    """The first six words of the question, with an ellipsis if it has more, for a request of a title."""
    texts = [text_of(message) for message in reply.body.get("messages") or () if message.get("role") == "system"]
    if not any(text.startswith("Write a title") for text in texts):
        return None
    question = reply.question.removeprefix("Question: ").split("\n")[0]
    if known := title_of(question):
        return known
    words = question.split()
    title = " ".join(words[:6]).rstrip(".,:;!?") or "A conversation"
    return f"{title}…" if len(words) > 6 else title


def _page(reply: Reply) -> str | None:
    """The text of a page, for a request to read one: a sentence that names the image, which nothing here can see."""
    parts = (reply.body.get("messages") or [{}])[-1].get("content")
    if not isinstance(parts, list) or not reply.question.startswith("Write down the text of this page"):
        return None
    images = [part["image_url"]["url"] for part in parts if part.get("type") == "image_url"]
    return f"The deposit is two months' rent. Seal {zlib.crc32(''.join(images).encode()):08x}."


async def speak(reply: Reply, text: str, *, key: str = "content", pause: float | None = None) -> bool:
    """Streams a text word by word; true when `max_tokens` cut it short."""
    words = re.findall(r"\S+\s*|\s+", text)
    room = max(0, reply.room - reply.record.completion_tokens)
    reply.record.requested_tokens += min(len(words), room)
    for word in words[:room]:
        await reply.say(word, key=key)
        await reply.rest(pause)
    return len(words) > room


async def show(reply: Reply, url: str) -> None:
    """An image, whole, in one frame."""
    reply.record.completion_tokens += 1290
    await reply.frame(choices=[choice_of({"content": "", "images": [image_of(url)]})])


def image_of(url: str) -> dict[str, Any]:
    """An image as part of a delta."""
    return {"type": "image_url", "image_url": {"url": url}, "index": 0}


def shortened(text: str, most: int = 80) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most].rstrip() + "…"


def picture(side: int = 16, *, padding: int = 0) -> str:
    """A small orange PNG as a data URL; `padding` bytes of an ignored chunk make it larger."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress((b"\0" + b"\xf0\x90\x30" * side) * side)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    extra = chunk(b"teXt", bytes(padding)) if padding else b""
    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(whole).decode()
