"""Conversations as ChatGPT and Claude export them, with more than 200 nodes and 3 branches."""

from datetime import UTC, datetime, timedelta
from typing import Any

BEGAN = datetime(2025, 3, 1, 9, tzinfo=UTC)


class ChatGPT:
    """Grows a `mapping`, node by node; each comes a second after the one before."""

    def __init__(
        self, title: str | None = "Trees", conversation_id: str | None = "67c2f0a1-7d84-8003-9f5e-0c1b2a3d4e5f"
    ):
        self.mapping: dict[str, Any] = {}
        self.title, self.conversation_id, self.current = title, conversation_id, ""
        self.add(None, None)

    def add(self, parent: str | None, role: str | None, text: str | None = "", **more: Any) -> str:
        """A node below `parent`; without a role one without a message. `more` replaces fields of the message."""
        node = f"node-{len(self.mapping)}"
        message: dict[str, Any] | None = None
        if role:
            message = {
                "id": node,
                "author": {"role": role, "name": more.pop("tool", None), "metadata": {}},
                "create_time": (BEGAN + timedelta(seconds=len(self.mapping))).timestamp(),
                "update_time": None,
                "content": {"content_type": "text", "parts": [text]},
                "status": "finished_successfully",
                "end_turn": None,
                "weight": 1.0,
                "metadata": {"model_slug": "gpt-4o"} if role == "assistant" else {},
                "recipient": "all",
                "channel": None,
                **more,
            }
        self.mapping[node] = {"id": node, "message": message, "parent": parent, "children": []}
        if parent:
            self.mapping[parent]["children"].append(node)
        self.current = node
        return node

    def turn(self, parent: str, n: int) -> str:
        """A question and its answer."""
        return self.add(self.add(parent, "user", f"question {n}"), "assistant", f"answer {n}")

    def exported(self) -> dict[str, Any]:
        """The conversation as it stands in `conversations.json`."""
        return {
            "title": self.title,
            "create_time": BEGAN.timestamp(),
            "update_time": (BEGAN + timedelta(days=1)).timestamp(),
            "mapping": self.mapping,
            "moderation_results": [],
            "current_node": self.current,
            "plugin_ids": None,
            "conversation_id": self.conversation_id,
            "is_archived": False,
            "default_model_slug": "gpt-4o",
            "id": self.conversation_id,
        }


def chatgpt() -> dict[str, Any]:
    """A long conversation: hidden beginnings, three versions of question 10, two answers to question 45, and tools.

    The branch that was seen last is that of the second version of question 10.
    """
    talk = ChatGPT()
    hidden: dict[str, Any] = {"metadata": {"is_visually_hidden_from_conversation": True}}
    node = talk.add("node-0", "system", "", **hidden)
    profile = {
        "content_type": "user_editable_context",
        "user_profile": "I plant trees.",
        "user_instructions": "Be brief.",
    }
    node = talk.add(node, "user", content=profile, **hidden)
    for n in range(1, 10):
        node = talk.turn(node, n)
    fork = node
    seen = ""
    for version in range(3):
        node = talk.add(fork, "user", f"question 10, version {version}")
        node = talk.add(node, "assistant", f"answer 10, version {version}")
        for n in range(11, 45):
            node = talk.turn(node, n)
            if version == 1 and n == 20:
                node = _with_tools(talk, node)
        if version == 1:
            question = talk.add(node, "user", "question 45")
            talk.add(question, "assistant", "answer 45, first")
            seen = talk.add(question, "assistant", "answer 45, second")
    talk.current = seen
    return talk.exported()


def _with_tools(talk: ChatGPT, node: str) -> str:
    """A question whose answer took a search, a program and a picture."""
    node = talk.add(node, "user", "How old is the oldest tree?")
    node = talk.add(node, "assistant", "Let me look.")
    node = talk.add(
        node, "assistant", content={"content_type": "code", "text": "search('oldest tree')"}, recipient="web"
    )
    node = talk.add(node, "tool", "a page about trees", tool="web")
    code = {"content_type": "code", "language": "python", "text": "print(2025 - -2833)"}
    node = talk.add(node, "assistant", content=code, recipient="python")
    node = talk.add(node, "tool", content={"content_type": "execution_output", "text": "4858"}, tool="python")
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-9Xy", "size_bytes": 4000}
    content = {"content_type": "multimodal_text", "parts": [picture]}
    node = talk.add(node, "tool", content=content, tool="dalle.text2im")
    return talk.add(node, "assistant", "About 4858 years.")


def claude(messages: list[dict[str, Any]], uuid: str = "b7c1f0d2-0000-4000-8000-000000000001") -> dict[str, Any]:
    """A conversation as it stands in Claude's `conversations.json`."""
    return {
        "uuid": uuid,
        "name": "Rivers",
        "created_at": "2025-03-01T09:00:00.000000Z",
        "updated_at": "2025-03-02T09:00:00.000000Z",
        "account": {"uuid": "a0000000-0000-4000-8000-000000000000"},
        "chat_messages": messages,
    }


def claude_message(n: int, sender: str, text: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    """The n-th message; without `parent` as old exports have it."""
    at = (BEGAN + timedelta(seconds=n)).isoformat().replace("+00:00", "Z")
    block = {"start_timestamp": at, "stop_timestamp": at, "type": "text", "text": text, "citations": []}
    message = {
        "uuid": claude_id(n),
        "text": text,
        "content": [block],
        "sender": sender,
        "created_at": at,
        "updated_at": at,
        "attachments": [],
        "files": [],
        **more,
    }
    return message | ({"parent_message_uuid": parent} if parent else {})


def claude_id(n: int) -> str:
    """The n-th message's."""
    return f"c1a0de00-0000-4000-8000-{n:012}"


def branched_claude() -> dict[str, Any]:
    """240 messages: a stem of 40, from whose last answer three branches grow."""
    messages = []
    parent = "00000000-0000-4000-8000-000000000000"
    for n in range(1, 241):
        if n in (41 + 66, 41 + 132):
            parent = claude_id(40)
        sender = "human" if n % 2 else "assistant"
        messages.append(claude_message(n, sender, f"{sender} {n}", parent))
        parent = claude_id(n)
    return claude(messages)
