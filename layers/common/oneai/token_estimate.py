"""Estimates the number of tokens of a text without a tokenizer, because each model has its own."""

from math import ceil

# Tokens per character by the character's UTF-8 width, which distinguishes scripts well enough: Latin letters and code;
# other alphabets; Devanagari, Tamil, Chinese, Japanese; emoji. Each is the worst of the common tokenizers.
TOKENS_PER_CHARACTER = (1 / 3.8, 0.6, 1.0, 2.5)
# A low estimate costs a refused request; a high one drops a few old messages.
MARGIN = 1.1


def estimate_tokens(text: str) -> int:
    """Tokens of `text` by a rule per script, with a margin. The upstream's usage has exact counts."""
    return ceil(token_weight(text) * MARGIN)


def token_weight(text: str) -> float:
    """Tokens of `text` by the same rule, without margin or rounding, so that pieces add up to the whole."""
    characters = len(text)
    as_utf8 = len(text.encode("utf-8", "replace"))
    if as_utf8 == characters:
        return characters * TOKENS_PER_CHARACTER[0]
    one = len(text.encode("ascii", "ignore"))
    four = len(text.encode("utf-16-le", "replace")) // 2 - characters
    # as_utf8 = one + 2 two + 3 three + 4 four, and characters = one + two + three + four.
    three = as_utf8 - one - 4 * four - 2 * (characters - one - four)
    two = characters - one - three - four
    counts = (one, two, three, four)
    return sum(n * each for n, each in zip(counts, TOKENS_PER_CHARACTER, strict=True))
