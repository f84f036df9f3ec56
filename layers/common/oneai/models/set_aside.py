"""Providers that failed are set aside for a while, twice as long each time. This state is a process's own."""

import time
from dataclasses import dataclass

from oneai.models.endpoint import ProviderName

SECONDS = 30.0
MAX_SECONDS = 300.0


@dataclass(slots=True)
class _State:
    """How often it failed since its last answer, and until when it is set aside (monotonic seconds)."""

    failures: int = 0
    until: float = 0.0


class SetAside:
    """The providers that are set aside."""

    def __init__(self) -> None:
        self._states: dict[ProviderName, _State] = {}

    def fail(self, provider: ProviderName) -> float:
        """Sets a provider aside; returns for how many seconds. Failures at the same time count once."""
        state = self._states.setdefault(provider, _State())
        now = time.monotonic()
        if state.until > now:
            return state.until - now
        seconds = min(SECONDS * float(2**state.failures), MAX_SECONDS)
        state.failures += 1
        state.until = now + seconds
        return seconds

    def succeed(self, provider: ProviderName) -> None:
        """Forgets the failures of a provider that answers."""
        self._states.pop(provider, None)

    def current(self) -> dict[ProviderName, float]:
        """Those that are set aside now, and until when."""
        now = time.monotonic()
        return {provider: state.until for provider, state in self._states.items() if state.until > now}

    def reset(self) -> None:
        """Forgets all failures."""
        self._states.clear()
