"""The body of `POST /v1/responses`, which is converted to a chat completion and answered without being stored."""

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError, field_validator

from oneai.chat.turn.prompted_question import PromptedQuestion
from oneai.field_errors import InvalidValue, from_pydantic
from oneai.openai_api import reasoning_items
from oneai.openai_api.chat_request import MAX_TOOLS, ChatCompletionRequest, Effort, at_most
from oneai.openai_api.content import MAX_MESSAGES

# The description of a tool without one.
TOOL = {"description": None, "parameters": None, "strict": None}
# OpenAI's limit.
MAX_METADATA = 16
NOT_STORED = "Responses are not stored here. Send the whole conversation as input."


class ReasoningOptions(BaseModel):
    """How much to reason."""

    model_config = ConfigDict(extra="ignore")

    effort: Effort | None = None
    summary: Any = None


class TextOptions(BaseModel):
    """The format of the text."""

    model_config = ConfigDict(extra="ignore")

    format: dict[str, Any] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


def _as_items(value: Any) -> Any:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


class ResponsesRequest(BaseModel):
    """The fields that have an effect; others are ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    model: Annotated[str, Field(min_length=1, max_length=200, description="A model's id, such as `openai/gpt-4.1`.")]
    input: Annotated[
        list[dict[str, Any]],
        # The limit comes before the validator, so that it applies to the list itself.
        Field(
            min_length=1,
            max_length=MAX_MESSAGES,
            description="A text, or the conversation: messages, function calls and their outputs.",
        ),
        BeforeValidator(_as_items),
    ]
    instructions: str | None = Field(default=None, description="A system message before the input.")
    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    max_tool_calls: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="Returned unchanged: it limits tools that run at the provider, which are not supported.",
    )
    safety_identifier: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="Returned unchanged."
    )
    prompt_cache_key: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="Returned unchanged."
    )
    user: str | None = Field(default=None, description="Returned unchanged.")
    tools: Annotated[list[dict[str, Any]], Field(max_length=MAX_TOOLS)] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    text: TextOptions | None = None
    reasoning: ReasoningOptions | None = None
    metadata: Annotated[dict[str, str] | None, at_most(MAX_METADATA)] = Field(
        default=None, description="Returned unchanged."
    )
    stream: StrictBool | None = None
    previous_response_id: str | None = Field(default=None, description="Refused: responses are not stored.")
    conversation: Any = Field(default=None, description="Refused for the same reason.")
    background: bool | None = Field(default=None, description="Refused if it is true.")

    @field_validator("input")
    @classmethod
    def _few_thoughts(cls, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        reasoning_items.require_few(items)
        return items

    @field_validator("previous_response_id", "conversation", "background")
    @classmethod
    def _stateless(cls, value: Any) -> Any:
        if value:
            raise InvalidValue("unsupported_type", NOT_STORED)
        return value

    def question(self, request_hash: str, *, is_retry: bool, message_id: UUID | None = None) -> PromptedQuestion:
        """The question of this request. Raises InvalidRequest."""
        try:
            chat_request = ChatCompletionRequest.model_validate(self._as_chat(), context={})
        except ValidationError as error:
            raise from_pydantic(error.errors(include_url=False, include_input=False)) from None
        return chat_request.question(request_hash, is_retry=is_retry, message_id=message_id)

    def echo(self) -> dict[str, Any]:
        """The fields of the request that the response repeats, with defaults for absent ones."""
        return {
            "background": False,
            "frequency_penalty": self.frequency_penalty or 0,
            "instructions": self.instructions,
            "max_output_tokens": self.max_output_tokens,
            "max_tool_calls": self.max_tool_calls,
            "metadata": self.metadata or {},
            "parallel_tool_calls": self.parallel_tool_calls is not False,
            "presence_penalty": self.presence_penalty or 0,
            "previous_response_id": None,
            "prompt_cache_key": self.prompt_cache_key,
            "reasoning": {"effort": self.reasoning.effort if self.reasoning else None, "summary": None},
            "safety_identifier": self.safety_identifier,
            "service_tier": "default",
            "store": False,
            "temperature": 1 if self.temperature is None else self.temperature,
            "text": self._text(),
            "tool_choice": self._tool_choice() or "auto",
            "tools": [{**TOOL, **tool, "type": "function"} for tool in self.tools or ()],
            "top_logprobs": 0,
            "top_p": 1 if self.top_p is None else self.top_p,
            "truncation": "disabled",
            "user": self.user,
        }

    def _text(self) -> dict[str, Any]:
        form = (self.text.format if self.text else None) or {"type": "text"}
        if form.get("type") == "json_schema":
            form = {"description": None, "strict": False, **form}
        verbosity = self.text.verbosity if self.text else None
        return {"format": form, **({"verbosity": verbosity} if verbosity else {})}

    def _tool_choice(self) -> Any:
        """The choice in the format of responses: a function's name is next to the type."""
        function = self.tool_choice.get("function") if isinstance(self.tool_choice, dict) else None
        return {"type": "function", "name": function.get("name")} if isinstance(function, dict) else self.tool_choice

    def _as_chat(self) -> dict[str, Any]:
        choice = self.tool_choice
        if isinstance(choice, dict) and choice.get("type") == "function":
            choice = {"type": "function", "function": {"name": choice.get("name")}}
        fields = {
            "model": self.model,
            "messages": _messages(self.instructions, self.input),
            "max_completion_tokens": self.max_output_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "presence_penalty": self.presence_penalty,
            "frequency_penalty": self.frequency_penalty,
            "tools": [_tool(tool) for tool in self.tools] if self.tools else None,
            "tool_choice": choice if self.tools else None,
            "parallel_tool_calls": self.parallel_tool_calls if self.tools else None,
            "response_format": _response_format(self.text.format) if self.text and self.text.format else None,
            "verbosity": self.text.verbosity if self.text else None,
            "reasoning_effort": self.reasoning.effort if self.reasoning else None,
        }
        return {name: value for name, value in fields.items() if value is not None}


def _messages(instructions: str | None, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages of a chat completion. Consecutive calls, and a message of the assistant next to them, become one
    message, because providers refuse anything between a call's message and its output. Reasoning belongs to the message
    after it, or if there is none, to the one before."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": instructions}] if instructions else []
    thoughts: list[dict[str, Any]] = []
    known: set[tuple[int, str]] = set()
    for item in items:
        match item.get("type") or "message":
            case "message" if item.get("role") == "assistant" and messages and messages[-1].get("tool_calls"):
                messages[-1]["content"] = _joined(messages[-1]["content"], item.get("content"))
            case "message":
                messages.append({"role": item.get("role"), "content": item.get("content")})
            case "function_call":
                if not messages or messages[-1]["role"] != "assistant":
                    messages.append({"role": "assistant", "content": None})
                messages[-1].setdefault("tool_calls", []).append(_call(item))
            case "reasoning":
                thoughts.append(item)
                continue
            case "function_call_output":
                _add_thoughts(messages, thoughts, known)
                content = item.get("output")
                messages.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": content})
            case "item_reference":
                messages.append({"role": "user", "content": [{"type": "item_reference"}]})
            case kind:
                messages.append({"role": "user", "content": [{"type": str(kind)}]})
        _add_thoughts(messages, thoughts, known)
    _add_thoughts(messages, thoughts, known)
    return messages


def _joined(before: Any, after: Any) -> Any:
    """The contents of two messages as one."""
    if before is None or after is None:
        return after if before is None else before
    parts = [[{"type": "text", "text": each}] if isinstance(each, str) else each for each in (before, after)]
    return [*parts[0], *parts[1]] if all(isinstance(each, list) for each in parts) else after


def _add_thoughts(messages: list[dict[str, Any]], thoughts: list[dict[str, Any]], known: set[tuple[int, str]]) -> None:
    """Adds reasoning items to the last message if it is the assistant's. Signed reasoning goes back to the provider
    unchanged, unsigned reasoning as text. `known` has the entries of each message, so that each is added once."""
    if messages and messages[-1]["role"] == "assistant":
        for item in thoughts:
            if details := reasoning_items.decode(item.get("encrypted_content")):
                found = messages[-1].setdefault("reasoning_details", [])
                for entry in details:
                    key = len(messages), json.dumps(entry, sort_keys=True)
                    if key not in known:
                        known.add(key)
                        found.append(entry)
            elif text := reasoning_items.text_of(item):
                messages[-1]["reasoning_content"] = messages[-1].get("reasoning_content", "") + text
    thoughts.clear()


def _call(item: dict[str, Any]) -> dict[str, Any]:
    function = {"name": item.get("name"), "arguments": item.get("arguments")}
    signed = {"extra_content": item["extra_content"]} if item.get("extra_content") else {}
    return {"id": item.get("call_id"), "type": "function", "function": function, **signed}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "description", "parameters", "strict")
    return {"type": tool.get("type"), "function": {name: tool[name] for name in names if tool.get(name) is not None}}


def _response_format(form: dict[str, Any]) -> dict[str, Any]:
    if form.get("type") != "json_schema":
        return form
    names = ("name", "description", "schema", "strict")
    return {"type": "json_schema", "json_schema": {name: form[name] for name in names if form.get(name) is not None}}
