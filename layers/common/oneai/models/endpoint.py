"""Where the requests of a direct provider go, and with which key."""

from dataclasses import dataclass, field
from typing import Literal

from oneai.errors import OneAIError

type ProviderName = Literal["openrouter", "openai", "anthropic", "gemini", "replicate", "custom"]

# An answer ends after this many seconds without a piece.
PIECE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A provider's address and one key for it.

    `base_url` has the version, such as `https://api.openai.com/v1`. `address` is the IP address to connect to, where
    the caller has resolved and checked the name. `key_id` names the key in what is stored; `is_operators`: it is the
    operator's, so that failures of it are counted for the operator.
    """

    base_url: str
    key: str = field(repr=False)
    address: str | None = None
    key_id: str | None = None
    is_operators: bool = False
    piece_seconds: float = PIECE_SECONDS
    retry_seconds: float = 0.5

    def url(self, path: str) -> str:
        """The address of a path of the API; a query of the base address stays at the end, as Azure needs it."""
        base, mark, query = self.base_url.partition("?")
        return f"{base.rstrip('/')}{path}{mark}{query}"


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """Whether a provider accepts a key, as far as that shows without a token: no check proves that there is credit.

    `models` are the names of its models, where the key may list them.
    """

    problem: OneAIError | None = None
    models: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the key."""
        return self.problem is None
