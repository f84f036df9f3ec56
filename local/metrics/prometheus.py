"""The metrics as Prometheus's text ("Exposition formats", version 0.0.4), for a Prometheus that scrapes this stack."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from local.metrics.store import BOUNDS, Metrics, Series, in_seconds
from oneai.metrics import CATALOG, Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A gauge is sent each minute while there is something to say, and nothing says that there no longer is.
GAUGE_LASTS = timedelta(seconds=150)

_BY_NAME = {metric.name: metric for metric in CATALOG}


def text(metrics: Metrics) -> str:
    """All metrics since the stack started, by name; each with its help and its type, times in seconds."""
    names = sorted({name for name, _ in metrics.all})
    return "".join(line + "\n" for name in names for line in _family(name, metrics))


def _family(name: str, metrics: Metrics) -> Iterator[str]:
    metric = _BY_NAME.get(name, Metric(name, "Count", "A metric of a function."))
    family = _family_name(metric)
    yield f"# HELP {family} {metric.about}"
    yield f"# TYPE {family} {metric.kind}"
    for (each, dimensions), series in sorted(metrics.all.items()):
        if each == name:
            yield from _lines(metric, family, dimensions, series)


def _lines(metric: Metric, family: str, labels: Iterable[tuple[str, str]], series: Series) -> Iterator[str]:
    labels = list(labels)
    if metric.kind == "histogram":
        for bound, count in zip(BOUNDS, series.at_most, strict=True):
            yield _line(f"{family}_bucket", [*labels, ("le", f"{bound:g}")], count)
        yield _line(f"{family}_bucket", [*labels, ("le", "+Inf")], series.count)
        yield _line(f"{family}_sum", labels, series.sum)
        yield _line(f"{family}_count", labels, series.count)
    elif metric.kind == "counter":
        yield _line(family, labels, series.sum)
    elif series.last is not None and datetime.now(UTC) - series.last.at < GAUGE_LASTS:
        yield _line(family, labels, in_seconds(series.last))


def _line(name: str, labels: Iterable[tuple[str, str]], value: float) -> str:
    shown = ",".join(f'{_snake(label)}="{_escaped(text)}"' for label, text in labels)
    return f"{name}{{{shown}}} {value:.15g}" if shown else f"{name} {value:.15g}"


def _family_name(metric: Metric) -> str:
    """Its name by Prometheus's rules: a prefix, the unit, and `_total` of what only grows."""
    unit = "_seconds" if metric.unit in ("Milliseconds", "Seconds") else ""
    return f"oneai_{_snake(metric.name)}{unit}{'_total' if metric.kind == 'counter' else ''}"


def _snake(name: str) -> str:
    return re.sub(r"\W", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower()


def _escaped(label: str) -> str:
    return str(label).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
