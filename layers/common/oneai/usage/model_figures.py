"""What the list of models needs from the database: speed and ratings of models, and the operators' sections."""

import time
from dataclasses import dataclass, field

from oneai import log
from oneai.errors import OneAIError
from oneai.plans.model_sections import ModelFigures, SectionChoice, SectionKey
from oneai.postgres import db, request_check

# Days of roll-ups that the figures are of.
DAYS = 14
FRESH_SECONDS = 300.0  # as long as clients cache the list
RETRY_SECONDS = 30.0  # after a failure


@dataclass(frozen=True)
class ModelChoices:
    """The figures by the name under which models answered, and the operators' sections."""

    figures: dict[str, ModelFigures] = field(default_factory=dict)
    sections: dict[SectionKey, SectionChoice] = field(default_factory=dict)


@dataclass
class _FiguresRow:
    model: str
    answers: int
    errors: int
    positive: int
    negative: int
    first_token_ms: float | None
    tokens_per_second: float | None


@dataclass
class _SectionRow:
    section: SectionKey
    models: list[str]
    never: list[str]


_cached, _fresh_until = ModelChoices(), 0.0


async def model_choices() -> ModelChoices:
    """The figures of the last DAYS days, cached for FRESH_SECONDS; the last ones known if the database is away."""
    global _cached, _fresh_until
    if time.monotonic() < _fresh_until:
        return _cached
    # Other requests use what is known until this one has read.
    _fresh_until = time.monotonic() + RETRY_SECONDS
    try:
        with request_check.not_of_the_request():
            _cached = ModelChoices(await _figures(), await _sections())
        _fresh_until = time.monotonic() + FRESH_SECONDS
    except OneAIError:
        log.exception("the figures of models could not be read")
    return _cached


def reset() -> None:
    """Empties the cache: the next call reads the database."""
    global _cached, _fresh_until
    _cached, _fresh_until = ModelChoices(), 0.0


async def _figures() -> dict[str, ModelFigures]:
    # A bucket b of a histogram stands for 1.1^b to 1.1^(b+1) milliseconds (oneai.latency_bucket).
    rows = await db.as_service(
        """
        with recent as (
          select model, sum(requests)::bigint as answers, sum(failed + truncated)::bigint as errors,
            sum(completion_tokens)::bigint as tokens
          from oneai.daily_usage where day > oneai.now()::date - %s and purpose = 'answer' group by 1
        ), rated as (
          select model, sum(positive)::bigint as positive, sum(negative)::bigint as negative
          from oneai.daily_ratings where day > oneai.now()::date - %s group by 1
        ), counted as (
          select model, measure, bucket, sum(answers) as answers
          from oneai.daily_latency
          where day > oneai.now()::date - %s and measure in ('first_token', 'writing')
          group by 1, 2, 3 having sum(answers) > 0
        ), ranked as (
          select *, sum(answers) over (partition by model, measure order by bucket) * 2 as twice_so_far,
            sum(answers) over (partition by model, measure) as in_all
          from counted
        ), timed as (
          select model,
            min(1.1 ^ (bucket + 0.5)) filter (where measure = 'first_token' and twice_so_far >= in_all)::float8
              as first_token_ms,
            sum(answers * 1.1 ^ (bucket + 0.5)) filter (where measure = 'writing')::float8 as writing_ms
          from ranked group by 1
        )
        select r.model, r.answers, r.errors, coalesce(g.positive, 0) as positive, coalesce(g.negative, 0) as negative,
          t.first_token_ms, r.tokens * 1000 / nullif(t.writing_ms, 0) as tokens_per_second
        from recent as r left join rated as g using (model) left join timed as t using (model)
        """,
        [DAYS, DAYS, DAYS],
        _FiguresRow,
    )
    return {
        row.model: ModelFigures(
            row.answers, row.errors, row.positive, row.negative, row.first_token_ms, row.tokens_per_second
        )
        for row in rows
    }


async def _sections() -> dict[SectionKey, SectionChoice]:
    rows = await db.as_service("select section, models, never from oneai.model_sections", [], _SectionRow)
    return {row.section: SectionChoice(tuple(row.models), tuple(row.never)) for row in rows}
