"""Why an answer ended, in the words of its upstream and in ours.

OpenRouter passes some words of providers on. Those of OpenAI, Anthropic, Google, Mistral, Cohere, Bedrock, DeepSeek,
Z.ai and of servers that people run themselves are known here; an unknown word is `stop`.
"""

from oneai.models.completion import FinishReason

WORDS: dict[FinishReason, tuple[str, ...]] = {
    "length": (
        *("length", "max_tokens", "max_output_tokens", "max_completion_tokens", "max_length", "model_length"),
        *("model_context_window_exceeded", "context_window_exceeded", "token_limit", "incomplete"),
        *("max_new_tokens", "output_limit", "context_length", "context_length_exceeded", "max_context_length"),
        # Anthropic's and Google's words for an answer that would go on, so it is incomplete.
        *("pause_turn", "continuation"),
    ),
    "tool_calls": ("tool_calls", "tool_call", "tool_use", "tool", "function_call", "function_calls"),
    "content_filter": (
        *("content_filter", "content_filtered", "content_policy_violation", "safety", "recitation", "blocklist"),
        *("prohibited_content", "spii", "language", "refusal", "sensitive", "guardrail_intervened", "error_toxic"),
        *("moderation", "blocked", "safety_filter", "content_blocked"),
    ),
    "error": (
        *("error", "failed", "malformed_function_call", "malformed_response", "unexpected_tool_call"),
        *("too_many_tool_calls", "missing_thought_signature", "other", "network_error", "error_limit"),
        *("insufficient_system_resource", "malformed_tool_use", "malformed_model_output"),
        *("abort", "aborted", "cancel", "cancelled", "canceled", "timeout", "timed_out", "rate_limit"),
        *("rate_limited", "rate_limit_exceeded", "server_error", "internal_error", "overloaded", "unavailable"),
    ),
}
_BY_WORD: dict[str, FinishReason] = {word: reason for reason, words in WORDS.items() for word in words}


def finish_reason(word: object) -> FinishReason:
    """Our finish reason for an upstream's word; case does not matter."""
    if not isinstance(word, str):
        return "stop"
    name = word.strip().lower().replace("-", "_").replace(" ", "_")
    if name.startswith("image_"):
        return "content_filter"  # Google's: image_safety, image_recitation, image_prohibited_content
    return _BY_WORD.get(name, "stop")
