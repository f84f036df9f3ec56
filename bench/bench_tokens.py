"""Compares the estimate of tokens with the counts of upstreams, recording by recording.

An estimate below the count does harm: a request that does not fit is refused and sent again with less history.
"""

import sys
import unicodedata
from collections import Counter

from bench.recordings import FIXTURES, Counted, counted
from bench.report import median, ratio, table
from oneai.chat.turn.context import estimate_prompt
from oneai.token_estimate import estimate_tokens

# In a shorter text the tokens that a model adds dominate, so a percentage says nothing about the estimate.
TELLING = 90  # characters


def estimate(recorded: Counted) -> int:
    """Estimates as the product does: a prompt message by message, an answer by its text."""
    return estimate_prompt(recorded.messages) if recorded.part == "prompt" else estimate_tokens(recorded.text)


def script(text: str) -> str:
    """The script of most letters, by its Unicode name."""
    names = Counter(unicodedata.name(letter, "none").split()[0].title() for letter in text if letter.isalpha())
    return names.most_common(1)[0][0] if names else "no letters"


def main() -> None:
    """Measures and prints."""
    if not FIXTURES.is_dir():
        sys.exit(f"There are no recordings in {FIXTURES}; ONEAI_FIXTURES says where they are.")
    recorded = list(counted())
    rows = []
    for one in recorded:
        error = estimate(one) / one.tokens - 1
        characters = f"{len(one.text):,}"
        rows.append(
            [one.file, one.model, one.part, script(one.text), characters, one.tokens, estimate(one), f"{error:+.0%}"]
        )
    table(["recording", "model", "part", "script", "characters", "tokens", "estimate", "error"], rows)
    for part in ("answer", "prompt"):
        telling = [one for one in recorded if one.part == part and len(one.text) >= TELLING]
        errors = [estimate(one) / one.tokens - 1 for one in telling]
        print(
            f"{part}s of {TELLING} characters and more: {len(telling)}; median error {median(errors):+.0%}, "
            f"from {min(errors):+.0%} to {max(errors):+.0%}"
        )
        ratio(
            f"all {part}s together, estimate to count", sum(map(estimate, telling)) / sum(one.tokens for one in telling)
        )
    others = sorted({script(one.text) for one in recorded} - {"Latin"})
    print("Scripts other than Latin:", ", ".join(others) or "none was recorded, so their factors are not measured here")


if __name__ == "__main__":
    main()
