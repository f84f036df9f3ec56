"""What OpenRouter's refusals mean: which of our errors, whether asking again helps, whether the operator must know."""

from oneai.errors import UpstreamError


class ContextTooLong(UpstreamError):
    """The request does not fit the model's context; the caller may drop history and ask again."""
