"""Providers that failed are set aside for a while, twice as long each time. This state is a process's own."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from oneai.models.endpoint import ProviderName

SECONDS = 30.0
MAX_SECONDS = 300.0


@dataclass(slots=True)
class _State:
    """How often it failed since its last answer, and until when it is set aside (monotonic seconds)."""

    failures: int = 0
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class RouteReport:
    """What other processes may know of a provider: it is set aside for `seconds`, because it failed with `code`; or it
    answers again, where `seconds` is 0."""

    provider: ProviderName
    seconds: float
    code: str


class SetAside:
    """The providers that are set aside. `clock` returns seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[ProviderName, _State] = {}
        self._reports: dict[ProviderName, RouteReport] = {}

    def fail(self, provider: ProviderName, code: str) -> float:
        """Sets a provider aside; returns for how many seconds. Failures at the same time count once."""
        state = self._states.setdefault(provider, _State())
        now = self._clock()
        if state.until > now:
            return state.until - now
        seconds = min(SECONDS * float(2**state.failures), MAX_SECONDS)
        state.failures += 1
        state.until = now + seconds
        self._reports[provider] = RouteReport(provider, seconds, code)
        return seconds

    def learn(self, provider: ProviderName, seconds: float) -> None:
        """Sets a provider aside that another process has found to fail, for this many seconds."""
        state = self._states.setdefault(provider, _State())
        state.until = max(state.until, self._clock() + seconds)

    def succeed(self, provider: ProviderName) -> None:
        """Forgets the failures of a provider that answers."""
        if self._states.pop(provider, None) is not None:
            self._reports[provider] = RouteReport(provider, 0, "")

    def current(self) -> dict[ProviderName, float]:
        """Those that are set aside now, and until when."""
        now = self._clock()
        return {provider: state.until for provider, state in self._states.items() if state.until > now}

    def take_reports(self) -> list[RouteReport]:
        """What has changed since the last call, the newest of each provider."""
        reports, self._reports = list(self._reports.values()), {}
        return reports

    def reset(self) -> None:
        """Forgets all failures."""
        self._states.clear()
        self._reports.clear()
