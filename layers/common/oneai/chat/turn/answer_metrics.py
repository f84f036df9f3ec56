"""The metrics of an answer that has ended: one line, written after its followers received the ending."""

from oneai import metrics
from oneai.chat.turn.answer import Answer
from oneai.errors import InternalError, OneAIError, TokensUsedUp
from oneai.models.outcome import Outcome


def emit(answer: Answer, outcome: Outcome, failure: OneAIError | None) -> None:
    """Emits the metrics of an answer with its `outcome`, in the form that `oneai.settle` reads."""
    usage, first_ms = outcome.usage, answer.first_piece_ms
    by_own_key = answer.turn.own_key is not None
    values: dict[metrics.Metric, float] = {
        metrics.ANSWERS: 1,
        # A limit that reasoning exhausts belongs to the question, and what an own key's provider fails at to its owner:
        # neither is a failure of the service.
        metrics.ANSWERS_FAILED: int(
            failure is not None
            and not isinstance(failure, TokensUsedUp)
            and (not by_own_key or isinstance(failure, InternalError))
        ),
        metrics.PROMPT_TOKENS: usage.prompt_tokens,
        metrics.COMPLETION_TOKENS: usage.completion_tokens,
        metrics.COST: 0 if by_own_key else usage.cost_micro_usd,
    }
    if first_ms is not None:
        values[metrics.FIRST_TOKEN] = first_ms
        values[metrics.SLOW_FIRST_TOKENS] = int(first_ms > metrics.SLOW_FIRST_TOKEN_MS)
    metrics.emit(
        values,
        message_id=answer.turn.message_id,
        model=outcome.model or answer.turn.models[0].id,
        provider=outcome.provider,
        generation_id=outcome.generation_id,
        state=outcome.state,
        error_code=outcome.error_code,
        admission_ms=answer.admission_ms,
        preparation_ms=answer.preparation_ms,
    )
