"""The sections of the list of models: recommended, fast, smartest, cheapest.

Operators name models of a section (`oneai.model_sections`). Rules over prices, speed and ratings fill the rest, and
need no figures: without them, names and prices decide.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from math import sqrt
from typing import Literal, get_args

from oneai.models import Model
from oneai.plans.model_quota import generates_images, per_million

# Not a `type`: OpenAPI would make a schema of it.
SectionKey = Literal["recommended", "fast", "smartest", "cheapest"]
ChosenBy = Literal["default", "pattern", "rule"]
SECTIONS: tuple[SectionKey, ...] = get_args(SectionKey)

SECTION_SIZE = 4
# Fewer answers or ratings are not significant.
MIN_ANSWERS, MIN_RATINGS = 20, 20
# Above this share of errors, or below this share of thumbs up, a rule does not choose a model.
MAX_ERRORS, MIN_POSITIVE = 0.1, 0.5
# The share of thumbs up, at its lower bound, above which a rule recommends a model.
RECOMMENDED_POSITIVE = 0.7
# Less context does not fit a conversation with a document.
MIN_CONTEXT = 16_000
# An answer of this many tokens is fast within this time.
ANSWER_TOKENS, FAST_MS = 300, 6_000.0
# What makers call their fast models.
FAST_NAMES = ("flash", "haiku", "instant", "lite", "mini", "nano", "turbo")
# USD per million completion tokens; above it are models for programs rather than for a chat.
SMARTEST_CEILING = Decimal(100)


@dataclass(frozen=True)
class ModelFigures:
    """What recent answers of a model show. Null speeds: it has no answers with text."""

    answers: int = 0
    errors: int = 0
    positive: int = 0
    negative: int = 0
    first_token_ms: float | None = None
    tokens_per_second: float | None = None

    @property
    def is_measured(self) -> bool:
        """Whether enough answers have a speed."""
        return self.answers >= MIN_ANSWERS and self.first_token_ms is not None and bool(self.tokens_per_second)

    @property
    def answer_ms(self) -> float:
        """Milliseconds of an answer of ANSWER_TOKENS; infinite if it is not measured."""
        if not self.is_measured or self.first_token_ms is None or not self.tokens_per_second:
            return float("inf")
        return self.first_token_ms + ANSWER_TOKENS / self.tokens_per_second * 1000

    @property
    def positive_share(self) -> float | None:
        """The share of thumbs up; None with too few ratings."""
        ratings = self.positive + self.negative
        return self.positive / ratings if ratings >= MIN_RATINGS else None

    @property
    def is_unreliable(self) -> bool:
        """Whether many answers failed or most ratings are thumbs down."""
        failing = self.answers >= MIN_ANSWERS and self.errors > self.answers * MAX_ERRORS
        share = self.positive_share
        return failing or (share is not None and share < MIN_POSITIVE)


@dataclass(frozen=True)
class SectionChoice:
    """An operator's decision for a section: patterns of ids that come first, and of ids that it never shows."""

    models: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChosenModel:
    """A model of a section: the default model, the newest match of an operator's `pattern`, or one of the rule."""

    model: Model
    chosen_by: ChosenBy
    pattern: str | None = None


NO_FIGURES = ModelFigures()


def sections_of(
    models: Sequence[Model],
    default: str | None,
    figures: Mapping[str, ModelFigures],
    choices: Mapping[SectionKey, SectionChoice],
) -> dict[SectionKey, list[str]]:
    """The ids of each section, best first, SECTION_SIZE at most; `models` are the available ones, `figures` by id."""
    return {
        key: [
            chosen.model.id for chosen in section_of(key, models, default, figures, choices.get(key, SectionChoice()))
        ]
        for key in SECTIONS
    }


def section_of(
    key: SectionKey,
    models: Sequence[Model],
    default: str | None,
    figures: Mapping[str, ModelFigures],
    choice: SectionChoice,
) -> list[ChosenModel]:
    """The models of a section, best first, SECTION_SIZE at most, and why each is there.

    The default model is the first recommended one. A rule takes one model of each maker.
    """
    allowed = [model for model in models if not _matches(model, choice.never)]
    chosen: dict[str, ChosenModel] = {}
    if key == "recommended":
        chosen |= {model.id: ChosenModel(model, "default") for model in allowed if model.id == default}
    for pattern in choice.models:
        matching = [model for model in allowed if fnmatchcase(model.id, pattern)]
        if matching:
            newest = max(matching, key=lambda model: model.created)
            chosen.setdefault(newest.id, ChosenModel(newest, "pattern", pattern))
    makers = {_maker(each.model) for each in chosen.values()}
    for model in _ruled(key, allowed, figures):
        if _maker(model) not in makers:
            makers.add(_maker(model))
            chosen[model.id] = ChosenModel(model, "rule")
    return list(chosen.values())[:SECTION_SIZE]


def _ruled(key: SectionKey, models: Sequence[Model], figures: Mapping[str, ModelFigures]) -> list[Model]:
    def of(model: Model) -> ModelFigures:
        return figures.get(model.id, NO_FIGURES)

    candidates = [model for model in models if _is_candidate(model) and not of(model).is_unreliable]
    match key:
        case "recommended":
            rated = [model for model in candidates if _lower_bound(of(model)) >= RECOMMENDED_POSITIVE]
            return sorted(rated, key=lambda model: -_lower_bound(of(model)))
        case "fast":
            measured = [model for model in candidates if of(model).answer_ms <= FAST_MS]
            named = [model for model in candidates if not of(model).is_measured and _is_named_fast(model)]
            return sorted(measured, key=lambda model: of(model).answer_ms) + sorted(named, key=_price)
        case "smartest":
            clever = [model for model in candidates if (per_million(model.completion_price) or 0) <= SMARTEST_CEILING]
            return sorted(clever, key=lambda model: -_worth(model, of(model)))
        case "cheapest":
            # Free models answer few questions a day, so they are no choice for every day.
            return sorted((model for model in candidates if _price(model) > 0), key=_price)


def _is_candidate(model: Model) -> bool:
    writes_text = "text" in model.output_modalities and not generates_images(model)
    return writes_text and model.pricing == "plain" and model.context_length >= MIN_CONTEXT and ":" not in model.id


def _lower_bound(figures: ModelFigures) -> float:
    """The lower bound of the share of thumbs up, with 95 % confidence (Wilson's score interval); 0 with too few."""
    share, ratings, z = figures.positive_share, figures.positive + figures.negative, 1.96
    if share is None:
        return 0.0
    spread = z * sqrt((share * (1 - share) + z * z / (4 * ratings)) / ratings)
    return (share + z * z / (2 * ratings) - spread) / (1 + z * z / ratings)


def _worth(model: Model, figures: ModelFigures) -> float:
    """What makers ask for it is the one figure that every model has of how clever it is; ratings correct it."""
    share = figures.positive_share
    return float(model.completion_price or 0) * (0.75 if share is None else share) * (1.5 if model.may_reason else 1)


def _is_named_fast(model: Model) -> bool:
    words = model.id.lower().replace("/", "-").split("-")
    return any(word in FAST_NAMES for word in words)


def _price(model: Model) -> Decimal:
    """The price of a usual question, which has three times as many tokens as its answer."""
    return (model.prompt_price or Decimal(0)) * 3 + (model.completion_price or Decimal(0))


def _matches(model: Model, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(model.id, pattern) for pattern in patterns)


def _maker(model: Model) -> str:
    return model.id.split("/", 1)[0].removeprefix("~")
