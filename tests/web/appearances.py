"""The ways people see a page: theme, language, width."""

from dataclasses import dataclass
from itertools import product
from typing import Any

from tests import effort


@dataclass(frozen=True)
class Appearance:
    """One of them."""

    theme: str
    language: str
    width: int

    def __str__(self) -> str:
        return f"{self.theme}-{self.language}-{self.width}"

    @property
    def entries(self) -> dict[str, str]:
        """What the app keeps in storage of it, by keys without `oneai.`."""
        return {"theme": self.theme, "language": self.language}

    @property
    def options(self) -> dict[str, Any]:
        """What Playwright has to know of it."""
        return {"viewport": {"width": self.width, "height": 900 if self.width > 600 else 740}}


EVERY = [Appearance(*each) for each in product(("light", "dark"), ("en", "hi"), (375, 1440))]


def drawn(name: str) -> list[Appearance]:
    """One for this name, by the seed; all eight in `make test-all`."""
    return EVERY if effort.ALL else [effort.rng(name).choice(EVERY)]
