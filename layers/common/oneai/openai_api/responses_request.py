"""The body of `POST /v1/responses`, which is answered without being stored, as the chat completion it stands for."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError, field_validator

from oneai.chat.turn.prompted_question import PromptedQuestion
from oneai.field_errors import InvalidValue, from_pydantic
from oneai.openai_api.chat_request import MAX_TOOLS, ChatCompletionRequest, Effort
from oneai.openai_api.content import MAX_MESSAGES

NOT_STORED = "Responses are not stored here: send the whole conversation as input."


class ReasoningOptions(BaseModel):
    """How much to think."""

    model_config = ConfigDict(extra="ignore")

    effort: Effort | None = None
    summary: Any = None


class TextOptions(BaseModel):
    """The form of the text."""

    model_config = ConfigDict(extra="ignore")

    format: dict[str, Any] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


def _as_items(value: Any) -> Any:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


class ResponsesRequest(BaseModel):
    """The fields that have an effect; others are ignored."""

    model_config = ConfigDict(extra="ignore")

    model: Annotated[str, Field(min_length=1, max_length=200, description="A model's id, such as `openai/gpt-4.1`.")]
    input: Annotated[
        list[dict[str, Any]],
        BeforeValidator(_as_items),
        Field(
            min_length=1,
            max_length=MAX_MESSAGES,
            description="A text, or the conversation: messages, function calls and their outputs.",
        ),
    ]
    instructions: str | None = Field(default=None, description="Stands before the input as a system message.")
    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    tools: Annotated[list[dict[str, Any]], Field(max_length=MAX_TOOLS)] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    text: TextOptions | None = None
    reasoning: ReasoningOptions | None = None
    metadata: dict[str, str] | None = Field(default=None, description="Returned as it came.")
    stream: StrictBool | None = None
    previous_response_id: str | None = Field(default=None, description="Refused: responses are not stored.")
    conversation: Any = Field(default=None, description="Refused, for the same reason.")
    background: bool | None = Field(default=None, description="Refused where it is true.")

    @field_validator("previous_response_id", "conversation", "background")
    @classmethod
    def _stateless(cls, value: Any) -> Any:
        if value:
            raise InvalidValue("unsupported_type", NOT_STORED)
        return value

    def question(self, request_hash: str, *, is_retry: bool, message_id: UUID | None = None) -> PromptedQuestion:
        """The question that this request asks. Raises InvalidRequest."""
        try:
            chat_request = ChatCompletionRequest.model_validate(self._as_chat(), context={})
        except ValidationError as error:
            raise from_pydantic(error.errors(include_url=False, include_input=False)) from None
        return chat_request.question(request_hash, is_retry=is_retry, message_id=message_id)

    def echo(self) -> dict[str, Any]:
        """The fields of the request that the response repeats."""
        form = (self.text.format if self.text else None) or {"type": "text"}
        return {
            "background": False,
            "instructions": self.instructions,
            "max_output_tokens": self.max_output_tokens,
            "metadata": self.metadata or {},
            "parallel_tool_calls": self.parallel_tool_calls is not False,
            "previous_response_id": None,
            "reasoning": {"effort": self.reasoning.effort if self.reasoning else None, "summary": None},
            "store": False,
            "temperature": self.temperature,
            "text": {"format": form},
            "tool_choice": self.tool_choice or "auto",
            "tools": [{"strict": None, "parameters": None, **tool, "type": "function"} for tool in self.tools or ()],
            "top_p": self.top_p,
            "truncation": "disabled",
        }

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
            "tools": [_tool(tool) for tool in self.tools] if self.tools else None,
            "tool_choice": choice if self.tools else None,
            "parallel_tool_calls": self.parallel_tool_calls if self.tools else None,
            "response_format": _response_format(self.text.format) if self.text and self.text.format else None,
            "verbosity": self.text.verbosity if self.text else None,
            "reasoning_effort": self.reasoning.effort if self.reasoning else None,
        }
        return {name: value for name, value in fields.items() if value is not None}


def _messages(instructions: str | None, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages of a chat completion. Calls that follow one another, or a message of the assistant, are one message;
    reasoning that an earlier response contained is left out, as it says nothing without its provider's state."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": instructions}] if instructions else []
    for item in items:
        match item.get("type", "message"):
            case "message":
                messages.append({"role": item.get("role"), "content": item.get("content")})
            case "function_call":
                if not messages or messages[-1]["role"] != "assistant":
                    messages.append({"role": "assistant", "content": None})
                function = {"name": item.get("name"), "arguments": item.get("arguments")}
                call = {"id": item.get("call_id"), "type": "function", "function": function}
                messages[-1].setdefault("tool_calls", []).append(call)
            case "function_call_output":
                content = item.get("output")
                messages.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": content})
            case "reasoning":
                continue
            case "item_reference":
                messages.append({"role": "user", "content": [{"type": "item_reference"}]})
            case kind:
                messages.append({"role": "user", "content": [{"type": str(kind)}]})
    return messages


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "description", "parameters", "strict")
    return {"type": tool.get("type"), "function": {name: tool[name] for name in names if tool.get(name) is not None}}


def _response_format(form: dict[str, Any]) -> dict[str, Any]:
    if form.get("type") != "json_schema":
        return form
    names = ("name", "description", "schema", "strict")
    return {"type": "json_schema", "json_schema": {name: form[name] for name in names if form.get(name) is not None}}
