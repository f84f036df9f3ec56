"""The sections of the list of models: what operators name, then what prices, speed and ratings choose."""

from dataclasses import replace
from decimal import Decimal

from oneai.models import Model
from oneai.plans.model_sections import SECTION_SIZE, ModelFigures, SectionChoice, SectionKey, sections_of

PLAIN = Model(
    id="",
    canonical_slug="",
    name="",
    description=None,
    created=1,
    context_length=128_000,
    max_completion_tokens=None,
    input_modalities=("text",),
    output_modalities=("text",),
    prompt_price=Decimal("0.000001"),
    completion_price=Decimal("0.000001"),
    pricing="plain",
    price_version="1",
    supported_parameters=(),
)


def model(id: str, usd: int = 1, **changes: object) -> Model:
    """A model with this price in USD per million completion tokens."""
    return replace(PLAIN, id=id, name=id, completion_price=Decimal(usd) / 1_000_000, **changes)  # type: ignore[arg-type]


MODELS = [
    model("a/large", 30),
    model("a/small-mini", 2),
    model("b/huge", 60, supported_parameters=("reasoning",)),
    model("b/quick-flash", 3),
    model("c/only", 1),
    model("d/pro", 600),
    model("e/picture", 1, output_modalities=("text", "image")),
    model("f/tiny", 1, context_length=4_096),
    model("g/gift", 0, prompt_price=Decimal(0)),
    model("c/only:free", 0),
]
MEASURED = ModelFigures(answers=100, first_token_ms=300, tokens_per_second=100)


def section(key: SectionKey, default: str | None = None, **figures: ModelFigures) -> list[str]:
    """A section by rule alone. Figures are by id, with `_` in place of `/` and `-`."""
    named = {
        each.id: figures[name] for each in MODELS if (name := each.id.replace("/", "_").replace("-", "_")) in figures
    }
    return sections_of(MODELS, default, named, {})[key]


def test_without_figures_names_and_prices_choose_one_model_of_each_maker() -> None:
    assert section("recommended", "c/only") == ["c/only"]
    assert section("fast") == ["a/small-mini", "b/quick-flash"]
    assert section("smartest") == ["b/huge", "a/large", "c/only", "g/gift"]
    assert section("cheapest") == ["c/only", "a/small-mini", "b/quick-flash", "d/pro"]


def test_the_fastest_answers_are_first_and_slow_ones_are_not_fast() -> None:
    quicker = replace(MEASURED, first_token_ms=200)
    slow = replace(MEASURED, tokens_per_second=10)

    assert section("fast", c_only=MEASURED, a_large=quicker, b_quick_flash=slow) == ["a/large", "c/only"]
    assert section("fast", c_only=replace(MEASURED, answers=19)) == section("fast")


def test_a_model_with_bad_ratings_or_many_errors_is_chosen_by_no_rule() -> None:
    disliked = ModelFigures(positive=9, negative=11)
    failing = ModelFigures(answers=20, errors=3)

    assert section("smartest", b_huge=disliked)[0] == "a/large"
    assert section("cheapest", c_only=failing)[0] == "a/small-mini"
    assert section("cheapest", c_only=replace(failing, errors=2), a_large=ModelFigures(negative=19))[0] == "c/only"


def test_well_rated_models_are_recommended_after_the_default() -> None:
    liked, better = ModelFigures(positive=90, negative=10), ModelFigures(positive=99, negative=1)

    assert section("recommended", "c/only", a_large=liked, b_huge=better) == ["c/only", "b/huge", "a/large"]
    assert section("recommended", "c/only", a_large=ModelFigures(positive=19)) == ["c/only"]


def test_operators_name_models_by_pattern_and_exclude_others() -> None:
    models = [*MODELS, model("b/quick-flash-2", 4, created=2)]
    choices: dict[SectionKey, SectionChoice] = {
        "cheapest": SectionChoice(("b/quick-*", "nobody/*", "e/picture"), ("c/*", "d/*")),
    }

    sections = sections_of(models, None, {}, choices)

    assert sections["cheapest"] == ["b/quick-flash-2", "e/picture", "a/small-mini"]
    assert sections["recommended"] == []


def test_a_section_has_four_models_at_most() -> None:
    many = [model(f"maker{n}/mini", 1) for n in range(50)]

    assert {len(ids) for ids in sections_of(many, None, {}, {}).values()} == {0, SECTION_SIZE}
